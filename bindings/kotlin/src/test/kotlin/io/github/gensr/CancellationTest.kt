package io.github.gensr

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.job
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.time.Duration.Companion.milliseconds

class CancellationTest {
    private val endlessCalls: List<suspend (Engine) -> Any> = listOf(
        { it.search("tent") },
        { it.recommend() },
        { it.warmUp() },
    )

    @Test
    fun `cancelling a coroutine ends its native call as Cancelled`() = onEndless { engine ->
        for (call in endlessCalls) {
            val thrown = CompletableDeferred<CancellationException>()
            val job = launch {
                try {
                    call(engine)
                } catch (cancelled: CancellationException) {
                    thrown.complete(cancelled)
                    throw cancelled
                }
            }
            engine.awaitRunning(1)
            assertTrue(job.isActive)
            job.cancelAndJoin()
            // Not a moment later: the coroutine has waited for its call.
            assertEquals(0, engine.diagnostics().callsRunning)
            assertInstanceOf(GensrException.Cancelled::class.java, thrown.await().cause)
        }
    }

    @Test
    fun `a timeout ends the native call`() = onEndless { engine ->
        var thrown: CancellationException? = null
        var time = 25.milliseconds
        // Until one of them was long enough for the native call to start.
        while (thrown?.cause !is GensrException.Cancelled) {
            time *= 2
            val answer = withTimeoutOrNull(time) {
                try {
                    engine.search("tent")
                } catch (cancelled: CancellationException) {
                    thrown = cancelled
                    throw cancelled
                }
            }
            assertNull(answer)
            assertEquals(0, engine.diagnostics().callsRunning)
        }
    }

    @Test
    fun `a coroutine that is cancelled already starts no native call`() = onEndless { engine ->
        // An engine that is closed answers Closed to any call that reaches it.
        engine.close()
        for (call in endlessCalls + { it.record("g0001", "view") }) {
            val thrown = CompletableDeferred<Throwable>()
            launch(start = CoroutineStart.UNDISPATCHED) {
                currentCoroutineContext().job.cancel()
                try {
                    call(engine)
                } catch (error: Throwable) {
                    thrown.complete(error)
                }
            }
            assertInstanceOf(CancellationException::class.java, thrown.await())
        }
    }

    @Test
    fun `many callers are cancelled together, those that wait for their turn too`() = onEndless { engine ->
        val jobs = List(20) { launch(Dispatchers.Default) { engine.search("tent") } }
        engine.awaitRunning(4)
        jobs.forEach { it.cancel() }
        jobs.joinAll()
        assertEquals(0, engine.diagnostics().callsRunning)
        assertEquals(emptyList<Thread>(), threadsInside())
    }

    @Test
    fun `a caller that waits for its turn is let go at once`() = onEndless { engine ->
        val running = List(4) { launch(Dispatchers.Default) { engine.search("tent") } }
        engine.awaitRunning(4)
        val waiting = launch(Dispatchers.Default) { engine.search("tent") }
        waiting.cancelAndJoin()
        assertTrue(running.all { it.isActive })
        running.forEach { it.cancel() }
    }

    @Test
    fun `while a call runs that does not end, the others are answered`() = onEndless { engine ->
        val jobs = List(8) { launch(Dispatchers.Default) { engine.recommend() } }
        engine.awaitRunning(4)
        engine.record("g0001", "view")
        assertEquals(listOf("g0001"), engine.history().map { it.itemId })
        jobs.forEach { it.cancelAndJoin() } // those that wait would find the engine closed
    }

    @Test
    fun `after a cancelled call the engine answers as before`() = onDemo { engine ->
        val expected = engine.search("tent").ids
        repeat(100) {
            coroutineScope {
                val call = async(Dispatchers.Default) { engine.search("tent") }
                launch(Dispatchers.Default) { call.cancel() }
            }
        }
        assertEquals(0, engine.diagnostics().callsRunning)
        assertEquals(expected, engine.search("tent").ids)
    }

    @Test
    fun `a hundred cancelled calls leave no thread behind`() = onEndless { engine ->
        suspend fun cancelled(calls: Int) = repeat(calls) {
            val job = launch(Dispatchers.Default) { engine.search("tent") }
            engine.awaitRunning(1)
            job.cancelAndJoin()
        }
        val tasks = File("/proc/self/task")
        cancelled(10)
        val before = tasks.list()?.size
        cancelled(100)
        assertEquals(0, engine.diagnostics().callsRunning)
        assertEquals(emptyList<Thread>(), threadsInside())
        assumeTrue(before != null, "threads of the process are not counted: this system has no /proc")
        // The virtual machine and its pools start and end a few of their own.
        val after = tasks.list()!!.size
        assertTrue(after < before!! + 30, "$before threads before, $after after")
    }

    @Test
    fun `an open that is cancelled leaves nothing open`(@TempDir profile: File) = test {
        val options = EngineOptions(profileDirectory = profile)
        repeat(50) { round ->
            val opening = launch(Dispatchers.Default) { Engine.open(TestData.demo, options).close() }
            // At different moments of the call, from before its start to after its end.
            repeat(round * round) { Thread.onSpinWait() }
            opening.cancelAndJoin()
            // One engine at a time has a profile open: this one would be refused.
            Engine.open(TestData.demo, options).close()
        }
    }

    /** Threads that are inside a call of the generated binding. */
    private fun threadsInside(): List<Thread> = Thread.getAllStackTraces()
        .filterValues { frames -> frames.any { it.className == "io.github.gensr.ffi.Engine" } }
        .keys.toList()
}
