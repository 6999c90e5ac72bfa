package io.github.gensr

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.math.abs
import kotlin.math.max

/** The same requests get the same answers as in Rust; the golden file was written by the engine in this run. */
class GoldenTest {
    private val golden: JsonNode = ObjectMapper().readTree(TestData.golden)
    private val margin = golden["margin"].asDouble()
    private val limit = golden["limit"].asInt()
    private val nowMs = golden["now_ms"].asLong()
    private val attributes = golden["attributes"].map { it.asText() }

    @Test
    fun `every answer is the one of Rust`() = onDemo { engine ->
        assertEquals(golden["pack_id"].asText(), engine.diagnostics().packId)
        val answers = golden["answers"].toList()
        assertEquals(setOf("search", "recommend", "similar"), answers.mapTo(mutableSetOf()) { it["task"].asText() })
        for (answer in answers) {
            val what = "${answer["task"].asText()} ${answer["about"]} after ${answer["history"].size()} events"
            assertSame(what, answer["hits"].toList(), engine.ask(answer).hits)
        }
    }

    private suspend fun Engine.ask(answer: JsonNode): Answer {
        val about = answer["about"].textValue()
        val history = History.Events(answer["history"].map(::event))
        return when (answer["task"].asText()) {
            "search" -> search(
                SearchRequest(about, limit = limit, history = history, attributes = attributes, nowMs = nowMs),
            )
            "recommend" -> recommend(
                RecommendRequest(limit = limit, history = history, attributes = attributes, nowMs = nowMs),
            )
            else -> similar(SimilarRequest(about, limit = limit, attributes = attributes))
        }
    }

    private fun event(event: JsonNode) = Event(
        itemId = event["item_id"].asText(),
        kind = event["kind"].asText(),
        timestampMs = event["timestamp_ms"].asLong(),
        query = event["query"].textValue(),
    )

    /** Equal, but for hits whose scores are closer than the margin: they may change places, also with one just outside. */
    private fun assertSame(what: String, expected: List<JsonNode>, found: List<Hit>) {
        assertEquals(expected.size, found.size, what)
        val byId = expected.associateBy { it["id"].asText() }
        for ((place, hit) in found.withIndex()) {
            val here = expected[place]["score"].asDouble()
            assertClose("$what, score at $place", here, hit.score.toDouble())
            val same = byId[hit.id]
            assertClose("$what, ${hit.id} at $place", here, (same ?: expected.last())["score"].asDouble())
            if (same != null) {
                assertEquals(same["title"].asText(), hit.title, what)
                assertEquals(same["attributes"].properties().associate { (name, value) -> name to typed(name, value) },
                    hit.attributes, what)
                assertEquals(attributes, hit.attributes.keys.toList(), "$what: in the order of the request")
            }
        }
        assertEquals(found.size, found.mapTo(mutableSetOf()) { it.id }.size, "$what: no hit comes twice")
    }

    private fun assertClose(what: String, expected: Double, found: Double) {
        val bound = margin * max(1.0, abs(expected))
        assertTrue(abs(expected - found) <= bound, "$what: $found is not within $bound of $expected")
    }

    private fun typed(name: String, value: JsonNode): AttributeValue = when {
        value.isArray -> AttributeValue.Set(value.map { it.asText() })
        value.isTextual -> AttributeValue.Text(value.asText())
        name == "released" -> AttributeValue.Date(value.asInt())
        else -> AttributeValue.Number(value.floatValue())
    }
}
