package io.github.gensr

import com.sun.jna.Library
import com.sun.jna.Native
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.time.Duration.Companion.days

class EngineTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `what is recorded changes what is suggested, and is erased for good`() =
        onDemo(EngineOptions(profileDirectory = folder)) { engine ->
            val before = engine.recommend().ids
            val found = engine.search("tent", limit = 5).ids
            assertEquals(5, found.size)
            engine.record(found[0], "view")
            engine.recordMany(found.drop(1).map { Event(it, "view") })
            assertEquals(found.takeLast(3), engine.history(3).map { it.itemId })
            assertTrue(engine.history().all { it.kind == "view" && it.timestampMs > 1_700_000_000_000 && it.query == null })

            val after = engine.recommend().ids
            assertNotEquals(before, after)
            assertTrue(after.none { it in found }, "what was seen is not suggested again")
            val kept = engine.recommend(RecommendRequest { limit(1000).leaveOut(LeaveOut.Nothing) }).ids
            assertTrue(kept.any { it in found }, "unless it is asked for")

            engine.clearHistory()
            assertEquals(emptyList<RecordedEvent>(), engine.history())
            assertEquals(before, engine.recommend().ids)
        }

    @Test
    fun `the profile outlives the engine`() = test {
        val options = EngineOptions(profileDirectory = folder)
        val event = Event("g0001", "view", timestampMs = 1_700_000_000_000, query = "tent")
        Engine.open(TestData.demo, options).use { it.record(event) }
        Engine.open(TestData.demo, options).use { assertEquals(listOf(event), it.history().map { it.event }) }
    }

    @Test
    fun `a request's history takes the place of the recorded one`() = onDemo { engine ->
        val event = Event(engine.search("shell").ids[0], "view", timestampMs = 0)
        val stranger = engine.recommend().ids
        val given = engine.recommend(RecommendRequest { history(History.Events(listOf(event))) }).ids
        assertNotEquals(stranger, given)
        assertEquals(emptyList<RecordedEvent>(), engine.history())
        engine.record(event)
        assertEquals(given, engine.recommend().ids)
        assertEquals(stranger, engine.recommend(RecommendRequest { history(History.Empty) }).ids)
    }

    @Test
    fun `ids are left out, attributes come as asked for`() = onDemo { engine ->
        val all = engine.search("tent", limit = 6).ids
        val names = listOf("released", "price", "brand")
        val request = SearchRequest("tent") { limit(5).exclude(listOf(all[0])).attributes(names) }
        val hits = engine.search(request).hits
        assertEquals(all.drop(1), hits.map { it.id })
        for (hit in hits) {
            assertEquals(names, hit.attributes.keys.toList())
            assertTrue(hit.attributes["brand"] is AttributeValue.Text && hit.attributes["price"] is AttributeValue.Number)
            assertTrue(hit.reasons.any { it.kind == ReasonKind.MODEL })
        }
        val alike = engine.similar(SimilarRequest(all[0]) { limit(3).exclude(listOf(all[1])) }).ids
        assertTrue(alike.size == 3 && all[0] !in alike && all[1] !in alike)
    }

    @Test
    fun `a filter, pages and facets`() = onDemo { engine ->
        val all = engine.search("tent", facets = listOf("brand", "price", "released"))
        assertEquals(engine.diagnostics().items, all.totalHits)
        val (brands, prices, days) = all.facets
        assertEquals(listOf("brand", "price", "released"), all.facets.map { it.name })
        assertEquals(brands.values.sortedByDescending { it.items }, brands.values)
        val (least, greatest) = (prices.least as AttributeValue.Number) to (prices.greatest as AttributeValue.Number)
        assertTrue(least.value < greatest.value && prices.values.isEmpty() && days.least is AttributeValue.Date)

        val brand = brands.values.first().value
        val filter = "brand = ${Filter.quote(brand)}"
        val long = engine.search(SearchRequest("tent") { limit(9).filter(filter).attributes("brand") })
        assertTrue(long.hits.all { it.attributes["brand"] == AttributeValue.Text(brand) })
        val pages = listOf(0, 3, 6).map { engine.search("tent", limit = 3, filter = filter, offset = it) }
        assertEquals(long.ids, pages.flatMap { it.ids })
        assertEquals(setOf(long.totalHits), pages.mapTo(mutableSetOf()) { it.totalHits })
        assertEquals(emptyList<String>(), engine.search("tent", filter = filter, offset = long.totalHits).ids)
        assertEquals(0, engine.recommend(RecommendRequest { filter("price < 0") }).totalHits)
        assertTrue(engine.similar(SimilarRequest(long.ids[0]) { filter(filter) }).totalHits < long.totalHits)
    }

    @Test
    fun `a feed's options do what they say`() = onDemo { engine ->
        val (bought, seen, seed, disliked) = engine.search("tent").ids
        engine.recordMany(listOf(Event(bought, "buy"), Event(seen, "view")))
        suspend fun kept(leaveOut: LeaveOut): List<Boolean> {
            val ids = engine.recommend(RecommendRequest { limit(1_000).leaveOut(leaveOut) }).ids
            return listOf(bought in ids, seen in ids)
        }
        assertEquals(listOf(true, true), kept(LeaveOut.Nothing))
        assertEquals(listOf(false, true), kept(LeaveOut.Kinds(listOf("buy"))))
        assertEquals(listOf(false, false), kept(LeaveOut.History))

        suspend fun kinds(request: RecommendRequest) = engine.recommend(request).hits.flatMap { it.reasons }.map { it.kind }
        assertTrue(ReasonKind.SEEDS in kinds(RecommendRequest { seeds(listOf(seed)) }))
        assertTrue(ReasonKind.FRESHNESS in kinds(RecommendRequest { freshness(Freshness("released", 3_650.days)) }))
        val leaning = engine.recommend(RecommendRequest { limit(1).boost(Boost("categories", "tent", 10f)).attributes("categories") })
        assertTrue("tent" in (leaning.hits[0].attributes["categories"] as AttributeValue.TextSet).values)
        val capped = engine.recommend(RecommendRequest { caps(Cap("brand", 1)).attributes("brand") })
        assertEquals(10, capped.hits.mapTo(mutableSetOf()) { it.attributes["brand"] }.size)
        assertNotEquals(engine.recommend().ids, engine.recommend(RecommendRequest { intent("warm gloves") }).ids)
        assertNotEquals(engine.recommend().ids, engine.recommend(RecommendRequest { diversity(0.9f) }).ids)
        suspend fun explored(seed: Long) = engine.recommend(RecommendRequest { limit(20).exploration(Exploration(0.5f, seed)) })
        assertEquals(explored(-1).ids, explored(-1).ids)
        assertNotEquals(explored(-1).ids, explored(2).ids)
        assertTrue(explored(3).hits.any { hit -> hit.reasons.any { it.kind == ReasonKind.EXPLORATION } })

        val many = engine.search("jacket", limit = 12).ids
        val history = History.Events(many.map { Event(it, "view") })
        suspend fun named(explain: Boolean): Set<String> =
            engine.recommend(RecommendRequest { history(history).explainHistory(explain) }).hits.flatMap { it.reasons }
                .filter { it.kind == ReasonKind.MODEL }.flatMapTo(mutableSetOf()) { it.terms }
        assertEquals(emptySet<String>(), named(explain = false))
        assertTrue(named(explain = true).isNotEmpty() && named(explain = true).all { it in many })

        assertNotEquals(engine.similar(seed).ids, engine.similar(seed, personalisation = 1f).ids)
        engine.record(disliked, Event.DISLIKE)
        val without = engine.recommend(RecommendRequest { limit(1_000).leaveOut(LeaveOut.Nothing) }).hits
        assertTrue(without.none { it.id == disliked })
        assertTrue(without.any { hit -> hit.reasons.any { it.kind == ReasonKind.DISLIKE && it.weight <= 0 } })
    }

    @Test
    fun `a response has timings and providers`() = onDemo { engine ->
        val response = engine.search("tent")
        assertEquals("total", response.timings.last().stage)
        assertTrue(response.timings.all { it.ms >= 0 && it.ms <= response.timings.last().ms })
        assertTrue(GraphProvider("decoder", "cpu") in response.providers)
    }

    @Test
    fun `an execution provider is chosen by name, and refused if it is missing`() = onDemo { engine ->
        engine.warmUp()
        val found = engine.diagnostics()
        assertEquals(setOf("history", "decoder"), found.nodes.map { it.graph }.toSet())
        assertTrue(found.nodes.all { it.provider == "cpu" && it.nodes > 10 }, found.nodes.toString())
        for ((provider, name) in listOf(ExecutionProvider.CORE_ML to "coreml", ExecutionProvider.NNAPI to "nnapi")) {
            val options = EngineOptions { provider(provider) }
            val refused = thrownBy<GensrException.InvalidArgument> { Engine.open(TestData.demo, options) }
            assertTrue("no execution provider $name here; it has cpu" in refused.reason, refused.reason)
        }
    }

    @Test
    fun `memory is given back and filled again`() = onDemo(EngineOptions(profileDirectory = folder)) { engine ->
        engine.warmUp()
        engine.record("g0001", "view")
        val suggested = engine.recommend().ids
        val warm = engine.diagnostics()
        assertTrue(warm.profile.open && GraphProvider("decoder", "cpu") in warm.providers)
        assertEquals(1, warm.profile.events)
        engine.trimMemory(TrimLevel.CACHES)
        assertTrue(engine.diagnostics().profile.open)
        engine.trimMemory(TrimLevel.BACKGROUND)
        assertTrue(engine.diagnostics().run { !profile.open && GraphProvider("decoder", "cpu") in providers })
        assertEquals(suggested, engine.recommend().ids)
        engine.trimMemory()
        val trimmed = engine.diagnostics()
        assertFalse(trimmed.profile.open)
        assertEquals(emptyList<GraphProvider>(), trimmed.providers)
        // The lock is given up, too: another engine may have the profile for a while.
        Engine.open(TestData.demo, EngineOptions(profileDirectory = folder)).use { assertEquals(1, it.history().size) }
        assertEquals(suggested, engine.recommend().ids)
    }

    @Test
    fun `an engine that is forgotten is let go of`() = test {
        val options = EngineOptions(profileDirectory = folder)
        Engine.open(TestData.demo, options)
        // One engine at a time has a profile open.
        while (true) {
            System.gc()
            try {
                return@test Engine.open(TestData.demo, options).close()
            } catch (busy: GensrException.InvalidArgument) {
                assertTrue("profile" in busy.reason, busy.reason)
            }
        }
    }

    @Test
    fun `diagnostics tell what is open`() = onDemo { engine ->
        val found = engine.diagnostics()
        assertEquals(64, found.packId.length)
        assertTrue(found.items > 1000 && found.formatVersion >= 1 && found.onnxruntime != null)
        assertTrue(found.profile.inMemory && found.profile.warnings.isEmpty())
        assertEquals(0, found.callsRunning)
    }

    @Test
    fun `a pack inside another file is opened through a descriptor`() = test {
        val content = File(TestData.demo).readBytes()
        // As an asset lies in an APK: at a multiple of 4, with others around it.
        val outer = File(folder, "outer").apply { writeBytes(ByteArray(20) { 7 } + content + ByteArray(33) { 9 }) }
        val fd = libc.open(outer.path, 0)
        val length = content.size.toLong()
        val inner = Engine.open(PackSource.Descriptor(fd, 20, length))
        for (wrong in listOf(
            PackSource.Descriptor(fd, 21, 100),
            PackSource.Descriptor(fd, 20),
            PackSource.Descriptor(fd, 20, 0),
            PackSource.Descriptor(fd, 20, Long.MAX_VALUE),
        )) thrownBy<GensrException.BadPack> { Engine.open(wrong) }
        // Neither the descriptor nor the name is needed any longer.
        assertEquals(0, libc.close(fd))
        outer.delete()
        val whole = libc.open(TestData.demo, 0)
        val ids = Engine.open(PackSource.Descriptor(whole)).use { it.search("tent").ids }
        assertEquals(0, libc.close(whole))
        assertEquals(ids, inner.use { it.search("tent").ids })
        assertEquals(10, ids.size)
    }

    /** Opens file descriptors on a JVM; on Android there is ParcelFileDescriptor. */
    @Suppress("FunctionName")
    interface LibC : Library {
        fun open(path: String, flags: Int): Int
        fun close(fd: Int): Int
    }

    private val libc: LibC = Native.load("c", LibC::class.java)
}
