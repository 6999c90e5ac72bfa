package io.github.gensr

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** A catalogue that changes on the device. */
class ItemsTest {
    @TempDir
    lateinit var folder: File

    private fun upsert(
        id: String = "new-1",
        title: String = "Flimmerbock Stove \ud83c\udfd5",
        text: String = "Burns spruceneedles.",
        attributes: Map<String, AttributeValue> = mapOf(
            "brand" to AttributeValue.Text("Zwirbelwerk"),
            "categories" to AttributeValue.TextSet(listOf("Quibbleware")),
            "price" to AttributeValue.Number(12.5f),
            "released" to AttributeValue.Date(19_723),
            "in_stock" to AttributeValue.Bool(true),
        ),
        timestampMs: Long? = null,
    ) = Upsert(id, title, text, attributes, timestampMs)

    private val stove = upsert()

    @Test
    fun `what is upserted is found at once, and outlives the engine`() = test {
        val options = EngineOptions(folder)
        Engine.open(TestData.demo, options).use { engine ->
            val job = engine.upsertItems(listOf(stove))
            assertEquals(1, job.taken)
            for (query in listOf("flimmerbock", "spruceneedles", "new-1", "quibbleware")) {
                assertEquals("new-1", engine.search(query).ids.first(), query)
            }
            assertEquals(listOf("new-1"), engine.search("stove", filter = "brand = Zwirbelwerk").ids)
            val (none, item) = engine.items(listOf("nobody", "new-1"))
            assertNull(none)
            assertEquals(stove.title to stove.attributes, item!!.title to item.attributes)
            assertEquals(0, engine.upsertItems(listOf(upsert(title = "older", timestampMs = 1))).taken)
        }
        Engine.open(TestData.demo, options).use { engine ->
            assertEquals("new-1", engine.search("flimmerbock").ids.first())
            assertEquals(2, engine.removeItems(listOf("new-1", "g3919", "nobody")))
            assertEquals(listOf(null, null), engine.items(listOf("new-1", "g3919")))
            assertFalse(engine.search("flimmerbock").ids.any { it == "new-1" })
            assertEquals(listOf(0, 3), engine.diagnostics().live.run { listOf(items, removed) })
        }
    }

    @Test
    fun `a job makes what there is to make, and says how far it is`() = onDemo { engine ->
        val tents = List(100) { upsert(id = "new-$it", title = "Flimmerbock $it", text = "A light tent.") }
        val job = engine.upsertItems(tents)
        assertEquals(VectorProgress(0, 100), job.progress)
        val steps = job.runWithProgress().toList()
        assertEquals(steps.sortedBy { it.done }, steps)
        assertEquals(job.progress, steps.last())
        assertEquals(steps.last().total, steps.last().done)
        assertEquals(0, engine.diagnostics().live.pending)
        assertEquals(0, engine.diagnostics().live.withoutVector)
        engine.pendingVectors().run { run(); assertEquals(VectorProgress(0, 0), progress) }
        engine.close()
        thrownBy<GensrException.Closed> { job.run() }
        thrownBy<GensrException.Closed> { job.runWithProgress().toList() }
        assertEquals(steps.last(), job.progress)
    }

    @Test
    fun `where the pack makes no vectors a job has nothing to do`() = test {
        Engine.open(TestData.older).use { engine ->
            val job = engine.upsertItems(listOf(stove))
            assertEquals(listOf(VectorProgress(0, 0)), job.runWithProgress().toList())
            engine.diagnostics().live.run { assertEquals(listOf(0, 1), listOf(pending, withoutVector)) }
        }
    }

    @Test
    fun `a job is cancelled and taken up again, and keeps nobody waiting`() = test {
        Engine.open(TestData.slow).use { engine ->
            val job = engine.upsertItems(List(5_000) { upsert(id = "new-$it", title = "Flimmerbock Stove $it") })
            assertTrue(engine.diagnostics().live.makesVectors)
            val running = List(3) { launch(Dispatchers.Default) { job.run() } }
            engine.awaitRunning(1)
            engine.record("new-7", "view")
            assertEquals("new-7", engine.history().single().itemId)
            assertEquals("new-7", engine.search("new-7").ids.first())
            while (job.progress.done == 0) delay(1)
            running.forEach { it.cancelAndJoin() }
            assertEquals(0, engine.diagnostics().callsRunning)
            val (done, total) = job.progress
            assertTrue(done in 1..<5_000 && total == 5_000, "$done of $total")
            assertEquals(5_000 - done, engine.diagnostics().live.pending)
            // Leaving the flow is cancelling.
            assertTrue(job.runWithProgress().first { it.done > done }.done > done)
            assertEquals(0, engine.diagnostics().callsRunning)
            assertEquals(5_000 - job.progress.done, engine.pendingVectors().progress.total)
            assertEquals(4_900, engine.removeItems(List(4_900) { "new-${it + 100}" }))
            engine.pendingVectors().run()
            assertEquals(listOf(100, 0, 0), engine.diagnostics().live.run { listOf(items, pending, withoutVector) })
        }
    }

    @Test
    fun `what does not fit is refused with its place, and changes nothing`() = onDemo { engine ->
        for (wrong in listOf(
            upsert(id = ""),
            upsert(text = "x".repeat(65_537)),
            upsert(attributes = mapOf("no such column" to AttributeValue.Bool(true))),
            upsert(attributes = mapOf("price" to AttributeValue.Text("secret"))),
            upsert(attributes = mapOf("price" to AttributeValue.Number(Float.NaN))),
        )) {
            val reason = thrownBy<GensrException.InvalidArgument> { engine.upsertItems(listOf(stove, wrong)) }.reason
            assertTrue("item 1" in reason && "secret" !in reason, reason)
        }
        for (half in listOf(
            upsert(id = "\ud800"),
            upsert(text = "\ud800"),
            upsert(attributes = mapOf("brand" to AttributeValue.Text("\udc00"))),
        )) thrownBy<GensrException.InvalidArgument> { engine.upsertItems(listOf(half)) }
        val many = List(10_001) { "x" }
        thrownBy<GensrException.InvalidArgument> { engine.upsertItems(many.map { stove }) }
        thrownBy<GensrException.InvalidArgument> { engine.removeItems(many) }
        thrownBy<GensrException.InvalidArgument> { engine.items(many) }
        thrownBy<GensrException.InvalidArgument> { engine.removeItems(listOf("")) }
        assertEquals(listOf<Item?>(null), engine.items(listOf("new-1")))
        assertEquals(0, engine.diagnostics().live.items)
    }

    @Test
    fun `coroutines change the catalogue at the same time, and nothing is lost`() = onDemo { engine ->
        List(8) { writer ->
            async(Dispatchers.Default) {
                repeat(5) { engine.upsertItems(listOf(upsert(id = "new-$writer-$it"))) }
                engine.removeItems(listOf("new-$writer-0"))
                engine.search("flimmerbock", limit = 50).ids.filter { it.startsWith("new-$writer-") }
            }
        }.awaitAll().forEachIndexed { writer, found ->
            assertEquals((1..4).map { "new-$writer-$it" }.toSet(), found.toSet())
        }
        assertEquals(32, engine.diagnostics().live.items)
    }
}
