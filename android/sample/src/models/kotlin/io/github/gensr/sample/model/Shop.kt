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
 * The engine, and a count of changes that every screen follows.
 *
 * @property scope Lives as long as the engine.
 */
class Shop(val engine: Engine, val scope: CoroutineScope) {
    private val counted = MutableStateFlow(0)
    private val turns = Mutex()

    /** Number of changes by [change]. */
    val changes: StateFlow<Int> = counted.asStateFlow()

    /** A call that changes later responses. */
    suspend fun <T> change(call: suspend Engine.() -> T): T = engine.call().also { counted.update { it + 1 } }

    /**
     * Records an event, even if its page is left at once, and in the order of the calls: the engine runs calls concurrently, and a
     * dislike must not overtake the like before it.
     */
    fun record(event: Event, failed: (Problem) -> Unit) {
        // Undispatched, so that it is queued when this returns; the lock is fair.
        scope.launch(start = CoroutineStart.UNDISPATCHED) {
            turns.withLock { orProblem(failed) { change { record(event) } } }
        }
    }
}

/** A failure as a screen words it; the details are for the log. */
enum class Problem {
    /** The bundled pack is damaged, or of a version that this engine cannot use. */
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

/** Runs [call]; an error of the engine goes to [failed]. Cancellation is no problem. */
internal suspend fun orProblem(failed: (Problem) -> Unit, call: suspend () -> Unit): Unit = try {
    call()
} catch (refused: GensrException) {
    failed(refused.problem)
}
