package io.github.gensr

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class OddStringsTest {
    private val odd = listOf(
        "🏕️⛺", "👩‍👩‍👧", "חיפוש מהיר", "بحث‏ سريع",
        "a\u0000b", "\uFFFD", "İıſß", "e\u0301", "\u202Etent",
    )
    private val halves = listOf("\uD83C", "\uDFD5", "tent\uD83C", "\uD83C tent", "\uDFD5\uD83C")
    private val megabyte = "x".repeat(1 shl 20)

    @Test
    fun `as a query`() = onDemo { engine ->
        // Nonsense may have no hits; a known word beside it brings them back.
        for (query in odd) assertTrue(engine.search(query).hits.size in listOf(0, 10), query)
        for (query in odd) assertEquals(10, engine.search("tent $query").hits.size, query)
        for (query in halves + megabyte + "" + " \t\n") assertTrue("query" in refused { engine.search(query) })
    }

    @Test
    fun `as an id, a kind and a query of an event they come back as they were`() = onDemo { engine ->
        for (text in odd) {
            val event = Event(text, text, timestampMs = 1, query = text)
            engine.record(event)
            assertEquals(listOf(event), engine.history(1).map { it.event })
        }
        engine.record(Event("g0001", "view", query = ""))
        val before = engine.history().map { it.id to it.event }
        for (text in halves + megabyte) {
            refused { engine.record(text, "view") }
            refused { engine.record("g0001", text) }
            refused { engine.record(Event("g0001", "view", query = text)) }
            refused { engine.recordMany(listOf(Event("g0001", "view"), Event(text, "view"))) }
            refused { engine.recommend(RecommendRequest { history(History.Events(listOf(Event(text, "view")))) }) }
        }
        refused { engine.record("", "view") }
        refused { engine.record("g0001", "") }
        assertEquals(before, engine.history().map { it.id to it.event }, "what is refused is not recorded, in parts neither")
    }

    @Test
    fun `as names in a request`() = onDemo { engine ->
        val plain = engine.search("tent").ids
        for (text in odd + megabyte + "") {
            assertEquals(plain, engine.search(SearchRequest("tent") { exclude(listOf(text)) }).ids)
        }
        for (text in odd + halves + megabyte + "") {
            refused { engine.search(SearchRequest("tent") { attributes(text) }) }
            refused { engine.similar(text) }
        }
        for (text in halves) {
            refused { engine.search(SearchRequest("tent") { exclude(listOf(text)) }) }
            refused { engine.similar(SimilarRequest("g0001") { exclude(listOf(text)) }) }
            refused { engine.recommend(RecommendRequest { exclude(listOf(text)) }) }
        }
    }

    @Test
    fun `in a filter`() = onDemo { engine ->
        for (text in odd + megabyte.take(1_000) + "" + "\" OR price > 0 OR brand = \"" + "\\\"" + "a\nb") {
            val filter = "brand = ${Filter.quote(text)}"
            assertEquals(0, engine.search("tent", filter = filter).totalHits, text)
            assertEquals(engine.diagnostics().items, engine.search("tent", filter = "NOT $filter").totalHits, text)
        }
        for (text in halves) {
            refused { Filter.quote(text) }
            refused { engine.search("tent", filter = "brand = \"$text\"") }
        }
        refused { engine.search("tent", filter = megabyte) }
    }

    @Test
    fun `in a feed's options and as what is completed`() = onDemo { engine ->
        fun options(text: String) = listOf(
            RecommendRequest { seeds(listOf(text)) },
            RecommendRequest { intent(text) },
            RecommendRequest { boost(Boost("brand", text)) },
            RecommendRequest { leaveOut(LeaveOut.Kinds(listOf(text))) },
        )
        for (text in odd) {
            for (request in options(text)) assertEquals(10, engine.recommend(request).hits.size, "$request")
            for (completion in engine.complete(text)) completion.highlights.forEach { completion.text.substring(it) }
        }
        for (text in halves + megabyte) {
            for (request in options(text)) refused { engine.recommend(request) }
            refused { engine.complete(text) }
        }
    }

    @Test
    fun `as a path`() = test {
        for (path in odd + "") {
            val error = thrownBy<GensrException> { Engine.open(path) }
            assertTrue(error !is GensrException.Closed && error !is GensrException.Cancelled, error.toString())
            assertTrue("panic" !in error.message.orEmpty(), error.toString())
        }
        for (path in halves) {
            refused { Engine.open(path) }
            refused { Engine.open(TestData.demo, EngineOptions(profileDirectory = File(path))) }
            refused { Engine.open(TestData.demo, EngineOptions { onnxruntimePath(path) }) }
        }
    }

    @Test
    fun `errors do not repeat what was asked`() = onDemo { engine ->
        for (call in listOf<suspend () -> Any>(
            { engine.search("secret".repeat(1000)) },
            { engine.search("secret\uD83C") },
            { engine.similar("secret") },
            { engine.search(SearchRequest("tent") { attributes("secret") }) },
            { engine.record("secret".repeat(100), "view") },
        )) assertTrue("secret" !in refused(call))
    }

    private suspend fun refused(call: suspend () -> Any): String =
        thrownBy<GensrException.InvalidArgument>(call).toString()
}
