package io.github.gensr

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.Collections

class TypingTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a keystroke is answered from words, then ranked as a search`() = onDemo { engine ->
        engine.typing().use { box ->
            val request = SearchRequest("tent") { limit(5).filter("price < 200").attributes("brand") }
            val (first, whole) = box.type(request).toList()
            assertEquals("tent" to "tent", first.query to whole.query)
            assertTrue(!first.ranked && whole.ranked)
            assertTrue(first.response.hits.size == 5 && first.response.providers.isEmpty(), "no graph runs for it")
            assertEquals(engine.search(request).hits, whole.response.hits)
            assertEquals(listOf(true), box.type(" ").toList().map { it.ranked && it.response.hits.isEmpty() })
        }
    }

    @Test
    fun `what is on the screen keeps its order in the next first answer`() = onDemo { engine ->
        engine.typing().use { box ->
            var screen = emptyList<String>()
            for (length in 1..4) {
                box.type("tent".take(length)).collect { typed ->
                    if (!typed.ranked) {
                        val kept = typed.response.ids.filter { it in screen }
                        assertEquals(screen.filter { it in kept }, kept)
                    }
                    screen = typed.response.ids
                }
            }
        }
    }

    @Test
    fun `a newer keystroke ends the flow of the one before without a further answer`() = onEndless { engine ->
        engine.typing().use { box ->
            val before = mutableListOf<TypingResponse>()
            val superseded = launch { box.type("ten").collect(before::add) }
            while (before.isEmpty()) delay(1) // else the call that runs may still be that of the first answer
            engine.awaitRunning(1)
            assertFalse(box.type("tent").first().ranked)
            superseded.join()
            assertFalse(superseded.isCancelled, "it has ended well: its answers are the other flow's now")
            assertEquals(listOf(false), before.map { it.ranked })
            assertEquals(0, engine.diagnostics().callsRunning)
        }
    }

    @Test
    fun `leaving a flow stops its native call and no other`() = onEndless { engine ->
        engine.typing().use { box ->
            val left = launch(start = CoroutineStart.UNDISPATCHED) { box.type("tent").collect {} }
            engine.awaitRunning(1)
            left.cancelAndJoin()
            // Not a moment later: the flow has waited for its call.
            assertEquals(0, engine.diagnostics().callsRunning)

            val earlier = launch(start = CoroutineStart.UNDISPATCHED) { box.type("ten").collect {} }
            val later = launch(start = CoroutineStart.UNDISPATCHED) { box.type("tent").collect {} }
            earlier.cancelAndJoin()
            engine.awaitRunning(1)
            assertTrue(later.isActive)
            later.cancelAndJoin()
        }
    }

    @Test
    fun `a flow of keystrokes is answered, the last one in full`() = onDemo { engine ->
        val expected = engine.search("tent", limit = 3).ids
        val typed = engine.typing(flowOf("t", "te", "ten", "tent")) { SearchRequest(it) { limit(3) } }.toList()
        assertEquals(expected, typed.last().response.ids)
        assertTrue(typed.last().ranked && typed.last().query == "tent")
        val order = listOf("t", "te", "ten", "tent")
        val shown = typed.map { order.indexOf(it.query) * 2 + if (it.ranked) 1 else 0 }
        assertEquals(shown.sorted().distinct(), shown, "in the order in which they were typed, none twice")
    }

    @Test
    fun `a ranking that does not end is superseded by the next text, and stopped when the flow is left`() =
        onEndless { engine ->
            val texts = MutableStateFlow("ten")
            val shown = Channel<TypingResponse>(Channel.UNLIMITED)
            val screen = launch(Dispatchers.Default) { engine.typing(texts).collect { shown.send(it) } }
            for (text in listOf("ten", "tent", "tents")) {
                texts.value = text
                val first = shown.receive()
                assertEquals(text to false, first.query to first.ranked)
                engine.awaitRunning(1)
            }
            screen.cancelAndJoin()
            assertEquals(0, engine.diagnostics().callsRunning)
            assertTrue(shown.tryReceive().isFailure)
        }

    @Test
    fun `nothing stale reaches a collector that was busy`() = onDemo { engine ->
        val texts = Channel<String>(Channel.UNLIMITED)
        val goOn = CompletableDeferred<Unit>()
        val seen = mutableListOf<String>()
        val screen = launch {
            engine.typing(texts.consumeAsFlow()).collect {
                seen += it.query
                goOn.await()
            }
        }
        texts.send("shell")
        while (seen.isEmpty()) kotlinx.coroutines.yield()
        listOf("t", "te", "ten", "tent").forEach { texts.send(it) }
        // Time for all of them to be answered, if nobody stopped them.
        repeat(5) { engine.search("tent") }
        texts.close()
        goOn.complete(Unit)
        screen.join()
        assertEquals(listOf("shell", "tent", "tent"), seen)
    }

    @Test
    fun `many boxes and keystrokes at once`() = onDemo { engine ->
        val expected = engine.search("tent").ids
        val last = Collections.synchronizedList(mutableListOf<List<String>>())
        List(8) {
            launch(Dispatchers.Default) {
                val texts = flowOf("s", "sh", "shell", "t", "te", "ten", "tent")
                last += engine.typing(texts).toList().last().response.ids
            }
        }.joinAll()
        assertEquals(List(8) { expected }, last)
        assertEquals(0, engine.diagnostics().callsRunning)
    }

    @Test
    fun `what is wrong with a request its flow says, and it supersedes all the same`() = onEndless { engine ->
        engine.typing().use { box ->
            val before = launch(start = CoroutineStart.UNDISPATCHED) { box.type("tent").collect {} }
            engine.awaitRunning(1)
            for ((request, word) in listOf(
                SearchRequest("tent") { limit(0) } to "limit",
                SearchRequest("tent") { filter("price <") } to "column 8",
                SearchRequest("tent".repeat(2_000)) to "query",
                SearchRequest("tent\uD83C") to "query",
            )) {
                val error = thrownBy<GensrException.InvalidArgument> { box.type(request).toList() }
                assertTrue(word in error.reason, error.reason)
            }
            before.join()
        }
        thrownBy<GensrException.InvalidArgument> { engine.typing(flowOf("tent")) { SearchRequest(it) { limit(0) } }.toList() }
    }

    @Test
    fun `a box that is closed answers nothing`() = onEndless { engine ->
        val box = engine.typing()
        val flow = box.type("tent")
        val running = launch(start = CoroutineStart.UNDISPATCHED) { flow.collect {} }
        engine.awaitRunning(1)
        box.close()
        box.close()
        running.join()
        assertFalse(running.isCancelled)
        thrownBy<GensrException.Closed> { flow.toList() }
        assertEquals(0, engine.diagnostics().callsRunning)
    }

    @Test
    fun `an engine that is closed ends its boxes, and its profile is free`() = test {
        val options = EngineOptions(profileDirectory = folder)
        val engine = Engine.open(TestData.endless, options)
        engine.record("g0001", "view")
        val box = engine.typing()
        val thrown = CompletableDeferred<Throwable?>()
        launch(start = CoroutineStart.UNDISPATCHED) {
            thrown.complete(runCatching { box.type("tent").collect {} }.exceptionOrNull())
        }
        engine.awaitRunning(1)
        engine.close()
        assertEquals(GensrException.Closed::class, thrown.await()?.let { it::class })
        // One engine at a time has a profile open; the box is still held here.
        Engine.open(TestData.endless, options).use { assertEquals(1, it.history().size) }
        thrownBy<GensrException.Closed> { box.type("tent").toList() }
        thrownBy<GensrException.Closed> { engine.typing() }
        thrownBy<GensrException.Closed> { engine.typing(flowOf("tent")).toList() }
        box.close()
    }
}
