package io.github.gensr

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.math.abs
import kotlin.math.max
import kotlin.time.Duration.Companion.days

/** The same requests get the same responses as in Rust; the golden file was written by the engine in this run. */
class GoldenTest {
    private val golden: JsonNode = ObjectMapper().readTree(TestData.golden)
    private val margin = golden["margin"].asDouble()
    private val wanted = golden["limit"].asInt()
    private val now = golden["now_ms"].asLong()
    private val names = golden["attributes"].texts()
    private val counted = golden["facets"].texts()

    @Test
    fun `every response is the one of Rust`() = onDemo { engine ->
        assertEquals(golden["pack_id"].asText(), engine.diagnostics().packId)
        val responses = golden["responses"].toList()
        assertEquals(setOf("search", "recommend", "similar"), responses.mapTo(mutableSetOf()) { it["task"].asText() })
        for (expected in responses) {
            val what = "${expected["task"].asText()} ${expected["about"]} ${expected["options"]} after ${expected["history"].size()}"
            val found = engine.ask(expected)
            assertSame(what, expected["hits"].toList(), found.hits, names)
            assertEquals(expected["total_hits"].asInt(), found.totalHits, what)
            assertEquals(expected["facets"].map(::facet), found.facets.map(::fields), what)
        }
    }

    @Test
    fun `every first response to a keystroke is the one of Rust`() = onDemo { engine ->
        engine.typing().use { box ->
            for (keystroke in golden["keystrokes"]) {
                val request = SearchRequest(keystroke["text"].asText()) { limit(wanted).history(History.Empty) }
                val expected = keystroke["hits"].toList()
                val first = box.type(request).first()
                assertEquals(expected.isEmpty(), first.ranked, "${request.query}: a first response without hits is left out")
                if (!first.ranked) assertSame(request.query, expected, first.response.hits, emptyList())
            }
        }
    }

    @Test
    fun `every completion is the one of Rust`() = onDemo { engine ->
        for ((place, query) in golden["own"].withIndex()) {
            engine.record(Event("g000${place + 1}", "search", now, query.asText()))
        }
        for (asked in golden["completions"]) {
            val found = engine.complete(asked["typed"].asText(), wanted)
            val told = found.map { completion ->
                mapOf(
                    "text" to completion.text,
                    "kind" to completion.kind.name.lowercase(),
                    "highlights" to completion.highlights.map { completion.text.substring(it) },
                    "item_id" to completion.itemId,
                )
            }
            assertEquals(asked["completions"], ObjectMapper().valueToTree<JsonNode>(told), asked["typed"].asText())
        }
    }

    private suspend fun Engine.ask(golden: JsonNode): Response {
        val about = golden["about"].asText()
        val options = golden["options"]
        fun <B : Request.Builder<B>> B.shared() = limit(wanted).nowMs(now).attributes(names)
            .history(History.Events(golden["history"].map(::event)))
            .offset(options["offset"]?.asInt() ?: 0)
            .filter(options["filter"]?.asText())
            .facets(if (options.has("facets")) counted else emptyList())
        return when (golden["task"].asText()) {
            "search" -> search(SearchRequest(about) { shared() })
            "similar" -> similar(
                SimilarRequest(about) { shared().personalisation(options["personalisation"]?.floatValue() ?: 0f) },
            )
            else -> recommend(RecommendRequest { shared().feed(options) })
        }
    }

    private fun RecommendRequest.Builder.feed(options: JsonNode) {
        leaveOut(options["leave_out"]?.texts()?.let { if (it.isEmpty()) LeaveOut.Nothing else LeaveOut.Kinds(it) })
        seeds(options["seeds"]?.texts().orEmpty())
        intent(options["intent"]?.asText())
        boost(options["boost"]?.let { Boost(it["attribute"].asText(), it["value"].asText(), it["weight"].floatValue()) })
        freshness(
            options["freshness"]?.let {
                Freshness(it["attribute"].asText(), it["half_life_days"].asDouble().days, it["weight"].floatValue())
            },
        )
        diversity(options["diversity"]?.floatValue())
        caps(options["caps"]?.map { Cap(it["attribute"].asText(), it["limit"].asInt()) }.orEmpty())
        exploration(options["exploration"]?.let { Exploration(it["share"].floatValue(), it["seed"].asLong()) })
        explainHistory(options["explain_history"]?.asBoolean() ?: false)
    }

    private fun event(event: JsonNode) = Event(
        itemId = event["item_id"].asText(),
        kind = event["kind"].asText(),
        timestampMs = event["timestamp_ms"].asLong(),
        query = event["query"].textValue(),
    )

    private fun facet(facet: JsonNode): List<Any?> {
        val name = facet["name"].asText()
        val values = facet["values"].map { (value, items) -> FacetValue(value.asText(), items.asInt()) }
        val range = listOf(0, 1).map { side -> facet["range"][side]?.let { typed(name, it) } }
        return listOf(name, facet["items"].asInt(), facet["distinct"].asInt(), values) + range
    }

    private fun fields(facet: Facet) = facet.run { listOf(name, items, distinct, values, least, greatest) }

    /** Equal, but for hits whose scores are closer than the margin: they may change places, also with one just outside. */
    private fun assertSame(what: String, expected: List<JsonNode>, found: List<Hit>, attributes: List<String>) {
        assertEquals(expected.size, found.size, what)
        val byId = expected.associateBy { it["id"].asText() }
        for ((place, hit) in found.withIndex()) {
            val here = expected[place]["score"].asDouble()
            assertClose("$what, score at $place", here, hit.score.toDouble())
            val same = byId[hit.id]
            assertClose("$what, ${hit.id} at $place", here, (same ?: expected.last())["score"].asDouble())
            if (same != null) {
                assertEquals(same["title"].asText(), hit.title, what)
                assertEquals(same["highlights"].texts(), hit.highlights.map { hit.title.substring(it) }, what)
                assertEquals(same["attributes"].properties().associate { (name, value) -> name to typed(name, value) },
                    hit.attributes, what)
                assertEquals(attributes, hit.attributes.keys.toList(), "$what: in the order of the request")
                assertEquals(same["reasons"].texts().map { it.uppercase() }, hit.reasons.map { it.kind.name }, what)
            }
        }
        assertEquals(found.size, found.mapTo(mutableSetOf()) { it.id }.size, "$what: no hit comes twice")
    }

    private fun assertClose(what: String, expected: Double, found: Double) {
        val bound = margin * max(1.0, abs(expected))
        assertTrue(abs(expected - found) <= bound, "$what: $found is not within $bound of $expected")
    }

    private fun typed(name: String, value: JsonNode): AttributeValue = when {
        value.isArray -> AttributeValue.TextSet(value.texts())
        value.isTextual -> AttributeValue.Text(value.asText())
        name == "released" -> AttributeValue.Date(value.asInt())
        else -> AttributeValue.Number(value.floatValue())
    }

    private fun JsonNode.texts(): List<String> = map { it.asText() }
}

private operator fun JsonNode.component1(): JsonNode = this[0]

private operator fun JsonNode.component2(): JsonNode = this[1]
