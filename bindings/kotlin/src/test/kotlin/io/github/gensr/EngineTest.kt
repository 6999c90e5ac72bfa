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
            assertTrue(engine.history().all { it.kind == "view" && it.timestampMs != null && it.query == null })

            val after = engine.recommend().ids
            assertNotEquals(before, after)
            assertTrue(after.none { it in found }, "what was seen is not suggested again")
            val kept = engine.recommend(RecommendRequest(limit = 1000, excludeHistory = false)).ids
            assertTrue(kept.any { it in found }, "unless it is asked for")

            engine.clearHistory()
            assertEquals(emptyList<Event>(), engine.history())
            assertEquals(before, engine.recommend().ids)
        }

    @Test
    fun `the profile outlives the engine`() = test {
        val options = EngineOptions(profileDirectory = folder)
        val event = Event("g0001", "view", timestampMs = 1_700_000_000_000, query = "tent")
        Engine.open(TestData.demo, options).use { it.record(event) }
        Engine.open(TestData.demo, options).use { assertEquals(listOf(event), it.history()) }
    }

    @Test
    fun `a request's history takes the place of the recorded one`() = onDemo { engine ->
        val event = Event(engine.search("shell").ids[0], "view", timestampMs = 0)
        val stranger = engine.recommend().ids
        val given = engine.recommend(RecommendRequest(history = History.Events(listOf(event)))).ids
        assertNotEquals(stranger, given)
        assertEquals(emptyList<Event>(), engine.history())
        engine.record(event)
        assertEquals(given, engine.recommend().ids)
        assertEquals(stranger, engine.recommend(RecommendRequest(history = History.Empty)).ids)
    }

    @Test
    fun `ids are left out, attributes come as asked for`() = onDemo { engine ->
        val all = engine.search("tent", limit = 6).ids
        val names = listOf("released", "price", "brand")
        val request = SearchRequest("tent", limit = 5, exclude = listOf(all[0]), attributes = names)
        val hits = engine.search(request).hits
        assertEquals(all.drop(1), hits.map { it.id })
        for (hit in hits) {
            assertEquals(names, hit.attributes.keys.toList())
            assertTrue(hit.attributes["brand"] is AttributeValue.Text && hit.attributes["price"] is AttributeValue.Number)
            assertTrue(hit.reasons.any { it.kind == ReasonKind.MODEL })
        }
        val alike = engine.similar(SimilarRequest(all[0], limit = 3, exclude = listOf(all[1]))).ids
        assertTrue(alike.size == 3 && all[0] !in alike && all[1] !in alike)
    }

    @Test
    fun `an answer says what it took`() = onDemo { engine ->
        val answer = engine.search("tent")
        assertEquals("total", answer.timings.last().stage)
        assertTrue(answer.timings.all { it.ms >= 0 && it.ms <= answer.timings.last().ms })
        assertTrue(Provider("decoder", "cpu") in answer.providers)
    }

    @Test
    fun `memory is given back and filled again`() = onDemo(EngineOptions(profileDirectory = folder)) { engine ->
        engine.warmUp()
        engine.record("g0001", "view")
        val suggested = engine.recommend().ids
        val warm = engine.diagnostics()
        assertTrue(warm.profile.open && Provider("decoder", "cpu") in warm.providers)
        assertEquals(1, warm.profile.events)
        engine.trimMemory()
        val trimmed = engine.diagnostics()
        assertFalse(trimmed.profile.open)
        assertEquals(emptyList<Provider>(), trimmed.providers)
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

    /** What gives a JVM a file descriptor; on Android it is a ParcelFileDescriptor. */
    @Suppress("FunctionName")
    interface LibC : Library {
        fun open(path: String, flags: Int): Int
        fun close(fd: Int): Int
    }

    private val libc: LibC = Native.load("c", LibC::class.java)
}
