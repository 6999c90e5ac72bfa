package io.github.gensr.sample.model

import io.github.gensr.Engine
import io.github.gensr.Event
import io.github.gensr.GensrException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/**
 * The engine, and the news that it knows something else about the user: every screen follows.
 *
 * @property scope Lives as long as the engine.
 */
class Shop(val engine: Engine, val scope: CoroutineScope) {
    private val counted = MutableStateFlow(0)
    private val turns = Mutex()

    /** Counts what was changed by [change]. */
    val changes: StateFlow<Int> = counted.asStateFlow()

    /** A call after which other answers are right. */
    suspend fun <T> change(call: suspend Engine.() -> T): T = engine.call().also { counted.update { it + 1 } }

    /**
     * Records what the user did, even if the page that it was done on is left at once: one after the other, as they were done.
     * Calls of the engine run side by side, and a like that is taken back must not come second.
     */
    fun record(event: Event, failed: (Problem) -> Unit) {
        // Undispatched, so that it stands in line when this returns; the lock is fair.
        scope.launch(start = CoroutineStart.UNDISPATCHED) {
            turns.withLock { orProblem(failed) { change { record(event) } } }
        }
    }
}

/** What a screen can say where a call failed. What it was, in detail, is for the log: there is nothing of the user's in it. */
enum class Problem {
    /** The pack that came with the app is damaged, or not one that this engine reads. */
    PACK,

    /** The disk is full, a library is missing. */
    DEVICE,

    /** A text that is too long, an item that is gone. */
    REQUEST,
}

internal val GensrException.problem: Problem
    get() = when (this) {
        is GensrException.BadPack, is GensrException.Incompatible -> Problem.PACK
        is GensrException.InvalidArgument -> Problem.REQUEST
        is GensrException.Closed, is GensrException.Internal, is GensrException.Cancelled -> Problem.DEVICE
    }

/** Runs [call]; where the engine refuses, [failed] gets what to say. A coroutine that is cancelled is no problem. */
internal suspend fun orProblem(failed: (Problem) -> Unit, call: suspend () -> Unit): Unit = try {
    call()
} catch (refused: GensrException) {
    failed(refused.problem)
}
