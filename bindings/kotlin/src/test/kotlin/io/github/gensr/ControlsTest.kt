package io.github.gensr

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours

/** The user's controls of their own history. */
class ControlsTest {
    @TempDir
    lateinit var folder: File

    /** Everything that depends on the history, to the last bit. */
    private suspend fun Engine.shown(): List<List<Hit>> = listOf(
        recommend(RecommendRequest { limit(50).nowMs(9_000) }).hits,
        search(SearchRequest("tent") { limit(50).nowMs(9_000) }).hits,
        similar(SimilarRequest("g0001") { limit(50).personalisation(1f).nowMs(9_000) }).hits,
    )

    @Test
    fun `what is forgotten is as if it had never been`() = onDemo(EngineOptions(folder)) { engine ->
        engine.recordMany(listOf(Event("g3919", "view", 1_000), Event("g4245", "buy", 2_000)))
        val before = engine.shown()
        val completions = engine.complete("warm")
        engine.recordMany(
            listOf(
                Event("g2365", "view", 3_000),
                Event("g1179", "search", 4_000, "warm hat"),
                Event("g3830", "view", 5_000),
                Event("g3830", "buy", 6_000),
            ),
        )
        assertNotEquals(before, engine.shown())
        val first = engine.history(4).first()
        assertEquals(Event("g2365", "view", 3_000), first.event)
        for ((what, events) in listOf(
            Forget.Event(first.id) to 1,
            Forget.Event(first.id) to 0,
            Forget.Query(" warm  hat ") to 1,
            Forget.Item("g3830") to 2,
            Forget.Item("no such item") to 0,
        )) assertEquals(events, engine.forget(what), what.toString())
        assertEquals(before, engine.shown())
        assertEquals(completions, engine.complete("warm"))
        assertEquals(1, engine.forget(Forget.Since(2_000)))
        assertEquals(listOf("g3919"), engine.history().map { it.itemId })
        for (odd in listOf(Forget.Query("  "), Forget.Item(""), Forget.Item("\ud800"), Forget.Query("\udc00"))) {
            thrownBy<GensrException.InvalidArgument> { engine.forget(odd) }
        }
        assertFalse(folder.walk().filter { it.isFile }.any { "g3830" in it.readText(Charsets.ISO_8859_1) })
    }

    @Test
    fun `a history is taken along`() = onDemo { engine ->
        val file = File(folder, "history of ü.jsonl")
        engine.recordMany(listOf(Event("g3919", "view", 1_000), Event("g4245", "search", 2_000, "\"ä\"\n\ud83c\udfd5")))
        assertEquals(2, engine.exportHistory(file))
        onDemo { other ->
            other.record(Event("g2365", "view", 1_500))
            assertEquals(2, other.importHistory(file))
            assertEquals(0, other.importHistory(file), "nothing is there twice")
            assertEquals(1, other.forget(Forget.Item("g2365")))
            assertEquals(engine.history().map { it.event }, other.history().map { it.event })
            assertEquals(engine.shown(), other.shown())

            file.appendText("{\"item_id\":\"secret\"}\n")
            val refused = thrownBy<GensrException.InvalidArgument> { other.importHistory(file) }
            assertTrue("line 3" in refused.reason && "secret" !in refused.reason, refused.reason)
            for (call in listOf<suspend (File) -> Any>(other::importHistory, other::exportHistory)) {
                val missing = thrownBy<GensrException.InvalidArgument> { call(File(folder, "no such/secret")) }
                assertFalse("secret" in missing.reason, missing.reason)
            }
            assertEquals(2, other.history().size)
        }
    }

    @Test
    fun `incognito is a stranger, and a pause keeps what is there`() = onDemo(EngineOptions(folder)) { engine ->
        val stranger = engine.shown()
        engine.record(Event("g3919", "search", 1_000, "warm hat"))
        val known = engine.shown()
        assertNotEquals(stranger, known)
        assertEquals(Recording.ON, engine.recording())
        engine.setRecording(Recording.PAUSED)
        engine.record("g4245", "view")
        assertEquals(known, engine.shown())
        engine.setRecording(Recording.INCOGNITO)
        engine.record("g4245", "view")
        assertEquals(Recording.INCOGNITO, engine.recording())
        assertEquals(stranger, engine.shown())
        assertEquals(emptyList<RecordedEvent>(), engine.history())
        assertTrue(engine.complete("warm h").none { it.kind == CompletionKind.QUERY })
        engine.setRecording(Recording.ON)
        assertEquals(known, engine.shown())
        assertEquals(listOf("g3919"), engine.history().map { it.itemId })
    }

    @Test
    fun `a history is kept within its bounds`() = test {
        Engine.open(TestData.demo, EngineOptions(folder) { maxEvents(16).maxAge(10.days) }).use { engine ->
            val now = System.currentTimeMillis()
            engine.recordMany(List(40) { Event("g3919", "view", now + it) })
            assertTrue(engine.history().size <= 16)
            assertEquals(now + 39, engine.history().last().timestampMs)
            engine.record(Event("g4245", "view", now - 11.days.inWholeMilliseconds))
            assertTrue(engine.history().none { it.itemId == "g4245" })
        }
        for ((options, name) in listOf(
            EngineOptions { maxEvents(0) } to "max_events",
            EngineOptions { maxEvents(-1) } to "max_events",
            EngineOptions { maxEvents(100_001) } to "max_events",
            EngineOptions { maxAge(Duration.ZERO) } to "max_age",
            EngineOptions { maxAge((-1).days) } to "max_age",
            EngineOptions { maxAge(36_501.days) } to "max_age",
            EngineOptions { maxAge(Duration.INFINITE) } to "max",
            EngineOptions { maxAge(36.hours) } to "maxAge",
            EngineOptions(folder) { key(ByteArray(31)) } to "32",
        )) {
            val refused = thrownBy<GensrException.InvalidArgument> { Engine.open(TestData.demo, options) }
            assertTrue(name in refused.reason, refused.reason)
        }
    }

    @Test
    fun `a key is never shown`() {
        val options = EngineOptions(folder) { key(ByteArray(32) { 7 }) }
        assertFalse("7, 7" in options.toString() || "[B" in options.toString(), options.toString())
    }

    /** An engine with this key; `null` if the native library has no SQLCipher. */
    private suspend fun keyed(byte: Int): Engine? = try {
        Engine.open(TestData.demo, EngineOptions(folder) { key(ByteArray(32) { byte.toByte() }) })
    } catch (refused: GensrException.InvalidArgument) {
        if ("sqlcipher" !in refused.reason) throw refused
        null
    }

    @Test
    fun `without SQLCipher a key is refused and nothing is written`() = test {
        keyed(1)?.run {
            close()
            return@test assumeTrue(false, "the native library has SQLCipher")
        }
        assertFalse(File(folder, "gensr.sqlite").exists() || folder.walk().any { it.isFile && it.length() > 0 })
        Engine.open(TestData.demo, EngineOptions(folder)).use { engine ->
            engine.record("g3919", "view")
            val refused = thrownBy<GensrException.InvalidArgument> { engine.rotateKey(ByteArray(32)) }
            assertTrue("sqlcipher" in refused.reason, refused.reason)
            assertEquals(1, engine.history().size)
        }
    }

    @Test
    fun `with SQLCipher a history opens with its key alone`() = test {
        val engine = keyed(1)
        assumeTrue(engine != null, "the native library has no SQLCipher")
        engine!!.use {
            it.record("g3919", "view")
            it.rotateKey(ByteArray(32) { 2 })
        }
        for (wrong in listOf(ByteArray(32) { 1 }, null)) {
            thrownBy<GensrException.InvalidArgument> { Engine.open(TestData.demo, EngineOptions(folder) { key(wrong) }) }
        }
        keyed(2)!!.use { assertEquals(listOf("g3919"), it.history().map { event -> event.itemId }) }
        assertFalse(folder.walk().filter { it.isFile }.any { "g3919" in it.readText(Charsets.ISO_8859_1) })
    }
}
