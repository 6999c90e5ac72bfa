package io.github.gensr

/**
 * Result of a search, a recommendation or a request for similar items.
 *
 * @property hits Best first, from the offset on; fewer than the limit only at the end of the list.
 * @property totalHits Hits on all pages together.
 * @property facets Counts of the attributes that the request named, in its order, over items that pass the filter and are
 *   not left out. A search whose words match some of these items counts only those.
 * @property timings Stages in the order they ran; `total` is last.
 * @property providers Execution providers that ran the graphs of this call.
 */
public class Response(
    public val hits: List<Hit>,
    public val totalHits: Int = hits.size,
    public val facets: List<Facet> = emptyList(),
    public val timings: List<StageTime> = emptyList(),
    public val providers: List<GraphProvider> = emptyList(),
)

/**
 * One item of a response.
 *
 * @property id Item id.
 * @property title Title; empty where the catalogue has none.
 * @property score Higher is better; comparable within one response only.
 * @property highlights Parts of [title] that match the query of a search, as ranges of its indices, ascending and disjoint.
 *   A word typed in part is highlighted in part, a misspelt one as a whole.
 * @property attributes The attributes that the request named and the item has, in the order of the request.
 * @property reasons Why it is here.
 * @sample io.github.gensr.samples.highlights
 */
public class Hit(
    public val id: String,
    public val title: String,
    public val score: Float,
    public val highlights: List<IntRange> = emptyList(),
    public val attributes: Map<String, AttributeValue> = emptyMap(),
    public val reasons: List<Reason> = emptyList(),
) {
    private val fields get() = listOf(id, title, score, highlights, attributes, reasons)

    override fun equals(other: Any?): Boolean = other is Hit && fields == other.fields

    override fun hashCode(): Int = fields.hashCode()

    override fun toString(): String = "Hit$fields"
}

/**
 * One typed attribute of an item; the catalogue defines the type of each name.
 *
 * @sample io.github.gensr.samples.attributes
 */
public sealed class AttributeValue {

    /** @property value The text. */
    public data class Text(public val value: String) : AttributeValue()

    /** @property values The texts, each once. */
    public data class TextSet(public val values: List<String>) : AttributeValue()

    /** @property value The number. */
    public data class Number(public val value: Float) : AttributeValue()

    /** @property epochDay Days since 1970-01-01, as for `LocalDate.ofEpochDay`. */
    public data class Date(public val epochDay: Int) : AttributeValue()

    /** @property value The truth value. */
    public data class Bool(public val value: Boolean) : AttributeValue()
}

/**
 * How often the values of one attribute occur among the counted items.
 *
 * @property name Name of the attribute.
 * @property items Items that have it.
 * @property distinct Number of distinct values; 0 for numbers and dates.
 * @property values The most frequent first, at most 100; empty for numbers and dates.
 * @property least Least number or date; `null` for other types, and where no item has a value.
 * @property greatest Greatest number or date.
 * @sample io.github.gensr.samples.facets
 */
public class Facet(
    public val name: String,
    public val items: Int,
    public val distinct: Int,
    public val values: List<FacetValue> = emptyList(),
    public val least: AttributeValue? = null,
    public val greatest: AttributeValue? = null,
)

/**
 * A value of an attribute, and how often it occurs.
 *
 * @property value In the syntax of filters; [Filter.quote] makes a literal of it.
 * @property items Items that have it.
 */
public data class FacetValue(
    public val value: String,
    public val items: Int,
)

/**
 * Why an item is in the response.
 *
 * @property kind The kind.
 * @property terms Item ids or words behind it, the weightiest first.
 * @property weight Its share of the score; comparable within one response only.
 */
public data class Reason(
    public val kind: ReasonKind,
    public val terms: List<String>,
    public val weight: Float,
)

/** The kinds of reason. Later versions may add more. */
public enum class ReasonKind {
    /** The generative model's score. */
    MODEL,

    /** Users who chose these items of the history also chose this one. */
    NEIGHBOURS,

    /** The item has these words of the query, or words that the query may stand for. */
    WORDS,

    /** The title has these words of the query, or words that the query may stand for. */
    TITLE,

    /** The query is the item's id. */
    ID,

    /** The item is in the user's history. */
    HISTORY,

    /** The item is similar to the one of the request. */
    SIMILAR,

    /** Users who chose the seeds of the request also chose this one. */
    SEEDS,

    /** The item resembles items that the user dislikes; the weight is not above 0. */
    DISLIKE,

    /** The item has the value that the request boosts. */
    BOOST,

    /** The item is new. */
    FRESHNESS,

    /** The item is popular; for users without a history. */
    POPULARITY,

    /** The place was given to exploration; no part of the score. */
    EXPLORATION,

    /** A kind that this version does not know. */
    OTHER,
}

/**
 * The time that one stage of a call took.
 *
 * @property stage `filter`, `history`, `text`, `decoder`, `signals`, `scan`, `order`, `hits`, `facets` or `total`.
 * @property ms Milliseconds.
 */
public data class StageTime(
    public val stage: String,
    public val ms: Double,
)

/**
 * A graph of the model, and the execution provider that runs it.
 *
 * @property graph `history`, `decoder` or `text`.
 * @property provider `cpu`, ...
 */
public data class GraphProvider(
    public val graph: String,
    public val provider: String,
)
