package io.github.gensr

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

class ConcurrencyTest {
    private val queries = listOf("shell", "light pack", "tent for two", "bike helmet", "warm gloves", "zzqx", "山", "pack")

    @Test
    fun `eight callers at once get what each would get alone`() = onDemo { engine ->
        // The history is empty throughout: writers work on events that the pack does not know.
        val alone = queries.map { engine.search(it).ids to engine.recommend().ids }
        val together = queries.mapIndexed { caller, query ->
            async(Dispatchers.Default) {
                List(20) {
                    engine.record("unknown-$caller-$it", "view")
                    engine.search(query).ids to engine.recommend().ids
                }
            }
        }.awaitAll()
        for ((expected, found) in alone zip together) assertEquals(List(20) { expected }, found)
        assertEquals(20 * queries.size, engine.history(1000).size)
        assertEquals(0, engine.diagnostics().callsRunning)
    }

    @Test
    fun `close while in use lets running calls end well and refuses later ones`() = test {
        val engine = Engine.open(TestData.demo)
        val answered = AtomicInteger()
        val callers = List(8) {
            async(Dispatchers.Default) {
                while (true) {
                    try {
                        assertEquals(10, engine.search("tent").hits.size)
                        answered.incrementAndGet()
                    } catch (closed: GensrException.Closed) {
                        return@async closed
                    }
                }
                @Suppress("UNREACHABLE_CODE")
                error("unreachable")
            }
        }
        while (answered.get() < 40) Thread.onSpinWait()
        engine.close()
        assertEquals(8, callers.awaitAll().size)
        assertClosed(engine)
    }

    @Test
    fun `close does not wait for a call that runs`() = onEndless { engine ->
        val call = launch(Dispatchers.Default) { engine.search("tent") }
        engine.awaitRunning(1)
        engine.close()
        assertEquals(true, call.isActive)
        call.cancel()
    }

    @Test
    fun `close may be called again, and by any thread`() = test {
        val engine = Engine.open(TestData.demo)
        List(4) { thread { engine.close() } }.forEach { it.join() }
        engine.close()
        assertClosed(engine)
    }

    private fun assertClosed(engine: Engine) {
        val calls = listOf<suspend () -> Any>(
            { engine.search("tent") },
            { engine.recommend() },
            { engine.similar("g0001") },
            { engine.record("g0001", "view") },
            { engine.recordMany(emptyList()) },
            { engine.history() },
            { engine.forget(Forget.Item("g0001")) },
            { engine.clearHistory() },
            { engine.exportHistory(File("history.jsonl")) },
            { engine.importHistory(File("/dev/null")) },
            { engine.setRecording(Recording.ON) },
            { engine.recording() },
            { engine.rotateKey(ByteArray(32)) },
            { engine.install(InstallRequest(File(TestData.demo), "0".repeat(64))) },
            { engine.upsertItems(emptyList()) },
            { engine.removeItems(emptyList()) },
            { engine.items(emptyList()) },
            { engine.pendingVectors() },
            { engine.warmUp() },
            { engine.trimMemory() },
            { engine.diagnostics() },
        )
        for (call in calls) assertThrows<GensrException.Closed> { runBlocking { call() } }
    }
}
