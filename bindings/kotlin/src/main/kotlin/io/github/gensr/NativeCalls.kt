package io.github.gensr

import io.github.gensr.ffi.CancelToken
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import kotlinx.coroutines.withContext

/** Calls that run the model at the same time. They take turns at each graph, so more would only wait inside. */
private const val MODEL_CALLS = 4

/** Threads for the calls that do not run the model, so that a write never waits for a search. */
private const val SHORT_CALLS = 2

/**
 * Runs the blocking calls of one engine off the caller's thread.
 *
 * A coroutine that is cancelled ends only when its native call has come back: nothing runs on behind the caller's back.
 */
internal class NativeCalls {
    // A view of the shared pool: of a width of its own, so a full Dispatchers.IO does not hold it up, and without threads of
    // its own, so there are none to end when the engine is closed.
    private val threads = Dispatchers.IO.limitedParallelism(MODEL_CALLS + SHORT_CALLS, "gensr")

    // Where calls queue: unlike the queue of a dispatcher, this one lets go of a cancelled caller at once.
    private val turns = Semaphore(MODEL_CALLS)

    /** A call of a few milliseconds, which cancellation waits for. */
    suspend fun <T> short(call: () -> T): T = withContext(threads) { translated(call) }

    /** A call that runs the model, and that cancellation stops. */
    suspend fun <T> model(call: (CancelToken) -> T): T = turns.withPermit {
        try {
            stoppable(call)
        } catch (stopped: GensrException.Cancelled) {
            throw CancellationException("the call was cancelled", stopped)
        }
    }

    private suspend fun <T> stoppable(call: (CancelToken) -> T): T = withContext(threads) {
        val stop = Stop()
        // Suspended for as long as the call runs. Whoever cancels the coroutine runs the handler, on their own thread:
        // those of the pool may all be inside native calls.
        val watch = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            suspendCancellableCoroutine<Nothing> { it.invokeOnCancellation { stop.now() } }
        }
        try {
            translated { call(stop.token) }
        } finally {
            stop.close()
            watch.cancel()
        }
    }
}

/** A native token that may be cancelled at any time, even when the call is over and the token is freed. */
private class Stop : AutoCloseable {
    val token = CancelToken()
    private var over = false

    @Synchronized
    fun now() {
        if (!over) token.cancel()
    }

    @Synchronized
    override fun close() {
        over = true
        token.close()
    }
}
