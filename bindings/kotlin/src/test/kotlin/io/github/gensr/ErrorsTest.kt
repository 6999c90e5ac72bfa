package io.github.gensr

import io.github.gensr.ffi.GensrException as NativeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/** Closed is in ConcurrencyTest, Cancelled in CancellationTest. */
class ErrorsTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `numbers out of their bounds are refused by name`() = onDemo { engine ->
        for (limit in listOf(0, -1, 1_001, Int.MIN_VALUE, Int.MAX_VALUE)) {
            for (call in listOf<suspend () -> Any>(
                { engine.search("tent", limit) },
                { engine.recommend(limit) },
                { engine.similar("g0001", limit) },
            )) assertTrue("limit" in refused(call).reason)
        }
        for (offset in listOf(-1, Int.MIN_VALUE, Int.MAX_VALUE)) {
            for (call in listOf<suspend () -> Any>(
                { engine.search("tent", offset = offset) },
                { engine.recommend(RecommendRequest { offset(offset) }) },
                { engine.similar(SimilarRequest("g0001") { offset(offset) }) },
            )) assertTrue("offset" in refused(call).reason)
        }
        for (limit in listOf(0, -1, 101, Int.MIN_VALUE)) assertTrue("limit" in refused { engine.complete("t", limit) }.reason)
        for (odd in listOf(Float.NaN, Float.NEGATIVE_INFINITY, -0.5f, 100f)) {
            for ((request, name) in listOf(
                RecommendRequest { diversity(odd) } to "diversity",
                RecommendRequest { boost(Boost("brand", "x", odd)) } to "weight",
                RecommendRequest { freshness(Freshness("released", weight = odd)) } to "weight",
                RecommendRequest { exploration(Exploration(odd, seed = -1)) } to "share",
            )) assertTrue(name in refused { engine.recommend(request) }.reason)
            refused { engine.similar("g0001", personalisation = odd) }
        }
        for (halfLife in listOf(Duration.ZERO, (-1).days, Duration.INFINITE)) {
            refused { engine.recommend(RecommendRequest { freshness(Freshness("released", halfLife)) }) }
        }
        for (limit in listOf(0, -1, Int.MIN_VALUE)) {
            assertTrue("limit" in refused { engine.recommend(RecommendRequest { caps(Cap("brand", limit)) }) }.reason)
        }
        for (limit in listOf(0, -1, 100_001, Int.MIN_VALUE)) assertTrue("limit" in refused { engine.history(limit) }.reason)
        for (threads in listOf(0, -1, 65, Int.MIN_VALUE)) {
            assertTrue("threads" in refused { Engine.open(TestData.demo, EngineOptions { threads(threads) }) }.reason)
        }
        for ((source, name) in listOf(
            PackSource.Descriptor(-1) to "fd",
            PackSource.Descriptor(Int.MAX_VALUE) to "fd",
            PackSource.Descriptor(0, offset = -1) to "offset",
            PackSource.Descriptor(0, length = Long.MIN_VALUE) to "length",
        )) assertTrue(name in refused { Engine.open(source) }.reason, source.toString())
    }

    @Test
    fun `lists that are too long are refused`() = onDemo { engine ->
        val events = List(100_001) { Event("g0001", "view", timestampMs = 0) }
        val ids = events.map { it.itemId }
        for (call in listOf<suspend () -> Any>(
            { engine.recordMany(events) },
            { engine.recommend(RecommendRequest { history(History.Events(events)) }) },
            { engine.search(SearchRequest("tent") { exclude(ids) }) },
            { engine.similar(SimilarRequest("g0001") { attributes(List(65) { "brand" }) }) },
            { engine.search("tent", facets = List(65) { "brand" }) },
            { engine.recommend(RecommendRequest { seeds(ids.take(33)) }) },
            { engine.recommend(RecommendRequest { leaveOut(LeaveOut.Kinds(ids.take(257))) }) },
            { engine.recommend(RecommendRequest { caps(List(9) { Cap("brand", 1) }) }) },
            { engine.search("tent", filter = "price > 0" + " AND price > 0".repeat(256)) },
        )) assertTrue(Regex("100000|64|32|256|8").containsMatchIn(refused(call).reason))
        engine.recordMany(events.drop(1))
        assertEquals(100_000, engine.history(100_000).size)
    }

    @Test
    fun `times may be any number`() = onDemo { engine ->
        for (time in listOf(Long.MIN_VALUE, -1, 0, Long.MAX_VALUE)) {
            engine.record(Event("g0001", "view", timestampMs = time))
            assertEquals(10, engine.recommend(RecommendRequest { nowMs(time) }).hits.size)
        }
        assertEquals(listOf(Long.MIN_VALUE, -1, 0, Long.MAX_VALUE), engine.history().map { it.timestampMs })
    }

    @Test
    fun `names that do not exist are refused`() = onDemo { engine ->
        assertTrue("brand" in refused { engine.search(SearchRequest("tent") { attributes("no such name") }) }.reason)
        refused { engine.similar("no such item") }
        for ((call, names) in listOf<Pair<suspend () -> Any, String>>(
            Pair({ engine.search("tent", facets = listOf("no such name")) }, "brand"),
            Pair({ engine.recommend(RecommendRequest { boost(Boost("no such name", "x")) }) }, "string or set"),
            Pair({ engine.recommend(RecommendRequest { freshness(Freshness("brand")) }) }, "date"),
        )) assertTrue(names in refused(call).reason)
    }

    @Test
    fun `a filter that cannot be read is refused with its place, and not repeated`() = onDemo { engine ->
        for ((filter, place) in listOf(
            "" to "column 1",
            "brand" to "column 6",
            "brand == x" to "column 8",
            "price = secret" to "column 9",
            "no_such = secret" to "column 1",
            "🏕 brand" to "column 3",
            "(".repeat(100_000) to "filter",
        )) {
            val reason = refused { engine.search("tent", filter = filter) }.reason
            assertTrue(place in reason && "secret" !in reason, "$reason for ${filter.take(20)}")
        }
    }

    @Test
    fun `a second engine on the same profile is refused`() = test {
        val options = EngineOptions(profileDirectory = folder)
        Engine.open(TestData.demo, options).use { refused { Engine.open(TestData.demo, options) } }
    }

    @Test
    fun `what is no pack is a bad pack`() = test {
        val file = File(folder, "odd.gensr")
        for (content in listOf("not a pack at all", "")) {
            file.writeText(content)
            val error = thrownBy<GensrException.BadPack> { Engine.open(file.path) }
            assertEquals("bad pack: ${error.reason}", error.message)
        }
    }

    @Test
    fun `a pack of a later version is incompatible`() = test {
        val error = thrownBy<GensrException.Incompatible> { Engine.open(TestData.newer) }
        val supported = Engine.open(TestData.demo).use { it.diagnostics().formatVersion }
        assertTrue("${supported + 1}" in error.found && "$supported" in error.supported, error.message)
    }

    @Test
    fun `a profile that cannot be written is an internal error`() = test {
        val file = File(folder, "a file").apply { writeText("has the name of the folder") }
        val error = thrownBy<GensrException.Internal> { Engine.open(TestData.demo, EngineOptions(file)) }
        assertTrue(error.reason.isNotEmpty())
    }

    @Test
    fun `a missing native library is an internal error that says so`() {
        // In a virtual machine of its own: this one has the library.
        val output = SmallApp.run(System.getProperty("java.class.path"), libraryFolder = folder.path)
        assertEquals(2, output.size)
        for (line in output) assertTrue(line.startsWith("Internal: the native library of gensr cannot be used"), line)
    }

    @Test
    fun `every native error has its own kind`() {
        val pairs = listOf(
            NativeException.Closed() to GensrException.Closed(),
            NativeException.InvalidArgument("why") to GensrException.InvalidArgument("why"),
            NativeException.BadPack("why") to GensrException.BadPack("why"),
            NativeException.Incompatible("2", "1") to GensrException.Incompatible("2", "1"),
            NativeException.Cancelled() to GensrException.Cancelled(),
            NativeException.Internal("why") to GensrException.Internal("why"),
        )
        for ((native, expected) in pairs) {
            val found = native.translated()
            assertEquals(expected.javaClass to expected.message, found.javaClass to found.message)
        }
    }

    private suspend fun refused(call: suspend () -> Any) = thrownBy<GensrException.InvalidArgument>(call)
}

/** The error of [call], which must be of this kind. */
internal suspend inline fun <reified E : Throwable> thrownBy(crossinline call: suspend () -> Any): E {
    val result = runCatching { call() }
    return result.exceptionOrNull() as? E ?: throw AssertionError("expected ${E::class.simpleName}, got $result")
}
