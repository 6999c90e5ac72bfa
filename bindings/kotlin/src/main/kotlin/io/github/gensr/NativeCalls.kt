package io.github.gensr

import io.github.gensr.ffi.CancelToken
import io.github.gensr.ffi.Keystroke as NativeKeystroke
import io.github.gensr.ffi.Response as NativeResponse
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import kotlinx.coroutines.withContext

/** Calls that run the model at the same time. They take turns at each graph, so more would only wait inside. */
private const val MODEL_CALLS = 4

/** Calls that take minutes. They take turns, and keep no search waiting. */
private const val LONG_CALLS = 1

/** Threads for the calls that do not run the model, so that a write never waits for a search. */
private const val SHORT_CALLS = 2

/**
 * Runs the blocking calls of one engine off the caller's thread.
 *
 * A coroutine that is cancelled ends only when its native call has come back: nothing runs on behind the caller's back.
 */
internal class NativeCalls {
    // Its own width, so that a full Dispatchers.IO does not hold it up; threads of the shared pool, so that closing an engine
    // has none to end.
    private val threads = Dispatchers.IO.limitedParallelism(MODEL_CALLS + LONG_CALLS + SHORT_CALLS, "gensr")

    // Unlike the queue of a dispatcher, a semaphore releases a cancelled caller at once.
    private val turns = Semaphore(MODEL_CALLS)
    private val longTurns = Semaphore(LONG_CALLS)

    /** A call of a few milliseconds, which cancellation waits for. */
    suspend fun <T> short(call: () -> T): T = withContext(threads) { translated(call) }

    /** A call that runs the model, and that cancellation stops. */
    suspend fun <T> model(call: (CancelToken) -> T): T = inTurn(turns, call)

    /** A call of seconds or minutes, and that cancellation stops. */
    suspend fun <T> long(call: (CancelToken) -> T): T = inTurn(longTurns, call)

    private suspend fun <T> inTurn(turns: Semaphore, call: (CancelToken) -> T): T = turns.withPermit {
        try {
            CancelToken().use { token -> stoppable(token::cancel) { call(token) } }
        } catch (stopped: GensrException.Cancelled) {
            throw CancellationException("the call was cancelled", stopped)
        }
    }

    /** The first response to a keystroke; `null` if it was superseded. */
    suspend fun <T : Any> words(keystroke: NativeKeystroke, take: (NativeResponse) -> T): T? =
        unlessSuperseded { stoppable(keystroke::cancel) { take(keystroke.words()) } }

    /** The full ranking for a keystroke; `null` if it was superseded. */
    suspend fun <T : Any> ranked(keystroke: NativeKeystroke, take: (NativeResponse) -> T): T? =
        unlessSuperseded { turns.withPermit { stoppable(keystroke::cancel) { take(keystroke.ranked()) } } }

    private suspend inline fun <T : Any> unlessSuperseded(call: () -> T): T? = try {
        call()
    } catch (stopped: GensrException.Cancelled) {
        if (!currentCoroutineContext().isActive) throw CancellationException("the call was cancelled", stopped)
        null
    }

    /** A call that [stop] ends; it may be called at any time until the call is over. */
    private suspend fun <T> stoppable(stop: () -> Unit, call: () -> T): T = withContext(threads) {
        val running = Running(stop)
        // Suspended for as long as the call runs. Whoever cancels the coroutine runs the handler, on their own thread:
        // those of the pool may all be inside native calls.
        val watch = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            suspendCancellableCoroutine<Nothing> { it.invokeOnCancellation { running.stop() } }
        }
        try {
            translated(call)
        } finally {
            running.end()
            watch.cancel()
        }
    }
}

/** A native call that may be stopped at any time, even when it is over and its token is freed. */
private class Running(private val stopCall: () -> Unit) {
    private var over = false

    @Synchronized
    fun stop() {
        if (!over) stopCall()
    }

    @Synchronized
    fun end() {
        over = true
    }
}
