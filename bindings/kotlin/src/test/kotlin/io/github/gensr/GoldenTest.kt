package io.github.gensr

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import kotlinx.coroutines.flow.first
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
    private val attributes = golden["attributes"].texts()

    @Test
    fun `every answer is the one of Rust`() = onDemo { engine ->
        assertEquals(golden["pack_id"].asText(), engine.diagnostics().packId)
        val answers = golden["answers"].toList()
        assertEquals(setOf("search", "recommend", "similar"), answers.mapTo(mutableSetOf()) { it["task"].asText() })
        for (answer in answers) {
            val what = "${answer["task"].asText()} ${answer["about"]} ${answer["options"]} after ${answer["history"].size()}"
            val found = engine.ask(answer)
            assertSame(what, answer["hits"].toList(), found.hits, attributes)
            assertEquals(answer["found"].asInt(), found.found, what)
            assertEquals(answer["facets"].map(::facet), found.facets, what)
        }
    }

    @Test
    fun `every first answer to a keystroke is the one of Rust`() = onDemo { engine ->
        engine.typing().use { box ->
            for (keystroke in golden["keystrokes"]) {
                val request = SearchRequest(keystroke["text"].asText(), limit = limit, history = History.Empty)
                val expected = keystroke["hits"].toList()
                val first = box.type(request).first()
                assertEquals(expected.isEmpty(), first.ranked, "$request: a first answer without hits is left out")
                if (!first.ranked) assertSame(request.query, expected, first.answer.hits, emptyList())
            }
        }
    }

    @Test
    fun `every completion is the one of Rust`() = onDemo { engine ->
        for ((place, query) in golden["own"].withIndex()) {
            engine.record(Event("g000${place + 1}", "search", nowMs, query.asText()))
        }
        for (asked in golden["completions"]) {
            val found = engine.complete(asked["typed"].asText(), limit)
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

    private suspend fun Engine.ask(answer: JsonNode): Answer {
        val about = answer["about"].asText()
        val history = History.Events(answer["history"].map(::event))
        val options = answer["options"]
        val offset = options["offset"]?.asInt() ?: 0
        val filter = options["filter"]?.asText()
        val facets = if (options.has("facets")) golden["facets"].texts() else emptyList()
        return when (answer["task"].asText()) {
            "search" -> search(
                SearchRequest(
                    about, limit, offset, filter, history, attributes = attributes, facets = facets, nowMs = nowMs,
                ),
            )
            "similar" -> similar(
                SimilarRequest(
                    about, limit, offset, filter, options["taste"]?.floatValue() ?: 0f, history,
                    attributes = attributes, facets = facets, nowMs = nowMs,
                ),
            )
            else -> recommend(
                feed(options).copy(
                    limit = limit, offset = offset, filter = filter, history = history, attributes = attributes,
                    facets = facets, nowMs = nowMs,
                ),
            )
        }
    }

    private fun feed(options: JsonNode) = RecommendRequest(
        leaveOut = options["leave_out"]?.texts()?.let { if (it.isEmpty()) LeaveOut.Nothing else LeaveOut.Kinds(it) },
        seeds = options["seeds"]?.texts().orEmpty(),
        wish = options["wish"]?.asText(),
        lean = options["lean"]?.let {
            Lean(it["attribute"].asText(), it["value"].asText(), it["weight"].floatValue())
        },
        freshness = options["freshness"]?.let {
            Freshness(it["attribute"].asText(), it["half_life_days"].floatValue(), it["weight"].floatValue())
        },
        diversity = options["diversity"]?.floatValue(),
        caps = options["caps"]?.map { Cap(it["attribute"].asText(), it["at_most"].asInt()) }.orEmpty(),
        exploration = options["exploration"]?.let { Exploration(it["share"].floatValue(), it["seed"].asLong()) },
        because = options["because"]?.asBoolean() ?: false,
    )

    private fun event(event: JsonNode) = Event(
        itemId = event["item_id"].asText(),
        kind = event["kind"].asText(),
        timestampMs = event["timestamp_ms"].asLong(),
        query = event["query"].textValue(),
    )

    private fun facet(facet: JsonNode): Facet {
        val name = facet["name"].asText()
        return Facet(
            name = name,
            items = facet["items"].asInt(),
            distinct = facet["distinct"].asInt(),
            values = facet["values"].map { (value, items) -> FacetValue(value.asText(), items.asInt()) },
            least = facet["range"][0]?.let { typed(name, it) },
            greatest = facet["range"][1]?.let { typed(name, it) },
        )
    }

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
        value.isArray -> AttributeValue.Set(value.texts())
        value.isTextual -> AttributeValue.Text(value.asText())
        name == "released" -> AttributeValue.Date(value.asInt())
        else -> AttributeValue.Number(value.floatValue())
    }

    private fun JsonNode.texts(): List<String> = map { it.asText() }
}

private operator fun JsonNode.component1(): JsonNode = this[0]

private operator fun JsonNode.component2(): JsonNode = this[1]
