package io.github.gensr

/**
 * What a search, a recommendation or a look for similar items found.
 *
 * @property hits Best first, from the offset on; fewer than the limit only where there are no more.
 * @property found Hits that there are: what all pages hold together.
 * @property facets Counts of the attributes that the request named, in its order. Counted is what passes the filter and is
 *   not left out; of a search, where words of the query lead to some of that, only what they lead to.
 * @property timings The stages in the order they ran; `total` is last.
 * @property providers What ran the graphs of this call.
 */
public data class Answer(
    public val hits: List<Hit>,
    public val found: Int = hits.size,
    public val facets: List<Facet> = emptyList(),
    public val timings: List<StageTime> = emptyList(),
    public val providers: List<Provider> = emptyList(),
)

/**
 * One item of an answer.
 *
 * @property id Item id.
 * @property title Title; empty where the catalogue has none.
 * @property score Higher is better; comparable within one answer only.
 * @property highlights The parts of [title] that match the query of a search, as ranges of its indices, ascending and apart
 *   from each other. Of a word that was typed in part, the part; of a word with a typo, all of it.
 * @property attributes The attributes that the request named and the item has, in the order of the request.
 * @property reasons Why it is here.
 * @sample io.github.gensr.samples.highlights
 */
public data class Hit(
    public val id: String,
    public val title: String,
    public val score: Float,
    public val highlights: List<IntRange> = emptyList(),
    public val attributes: Map<String, AttributeValue> = emptyMap(),
    public val reasons: List<Reason> = emptyList(),
)

/**
 * One typed attribute of an item; the catalogue says which type a name has.
 *
 * @sample io.github.gensr.samples.attributes
 */
public sealed class AttributeValue {

    /** @property value The text. */
    public data class Text(public val value: String) : AttributeValue()

    /** @property values The texts, each once. */
    public data class Set(public val values: List<String>) : AttributeValue()

    /** @property value The number. */
    public data class Number(public val value: Float) : AttributeValue()

    /** @property epochDay Days since 1970-01-01; `LocalDate.ofEpochDay` takes it. */
    public data class Date(public val epochDay: Int) : AttributeValue()

    /** @property value Yes or no. */
    public data class Flag(public val value: Boolean) : AttributeValue()
}

/**
 * How often the values of one attribute occur among the items that were counted.
 *
 * @property name Name of the attribute.
 * @property items Items that have it.
 * @property distinct Values that occur; 0 for numbers and dates, which are not counted one by one.
 * @property values The most frequent first, at most 100; none of numbers and dates.
 * @property least Least number or date; `null` for other types, and where no item has one.
 * @property greatest Greatest number or date.
 * @sample io.github.gensr.samples.facets
 */
public data class Facet(
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
 * @property value As a filter reads it; [Filter.quote] puts it into one.
 * @property items Items that have it.
 */
public data class FacetValue(
    public val value: String,
    public val items: Int,
)

/**
 * Why an item is in the answer.
 *
 * @property kind What kind of reason.
 * @property terms The item ids or words that it rests on, the weightiest first.
 * @property weight Its part of the score; compares within one answer only.
 */
public data class Reason(
    public val kind: ReasonKind,
    public val terms: List<String>,
    public val weight: Float,
)

/** The kinds of reason. There may be more in later versions. */
public enum class ReasonKind {
    /** The generative model's score. */
    MODEL,

    /** People who chose these items of the history chose this one, too. */
    NEIGHBOURS,

    /** The item has these words, which the query has or may stand for. */
    WORDS,

    /** The title has these words, which the query has or may stand for. */
    TITLE,

    /** The query is the item's id. */
    ID,

    /** The item is in the user's history. */
    HISTORY,

    /** The item is like the one that was asked about. */
    SIMILAR,

    /** People who chose the seeds of the request chose this one, too. */
    SEEDS,

    /** The item resembles items that the user dislikes; the weight is not above 0. */
    DISLIKE,

    /** The item has the value that the request leans on. */
    LEAN,

    /** The item is new. */
    NEW,

    /** Many people choose it; for users without a history. */
    POPULAR,

    /** The judge's answer for this item; only packs with a judge have it. */
    JUDGE,

    /** The place was given to exploration; no part of the score. */
    EXPLORED,

    /** A kind that this version has no name for. */
    OTHER,
}

/**
 * The time that one stage of a call took.
 *
 * @property stage `filter`, `history`, `text`, `decoder`, `evidence`, `scan`, `order`, `hits`, `facets` or `total`.
 * @property ms Milliseconds.
 */
public data class StageTime(
    public val stage: String,
    public val ms: Double,
)

/**
 * A graph of the model, and what runs it.
 *
 * @property graph `history`, `decoder` or `text`.
 * @property name `cpu`, ...
 */
public data class Provider(
    public val graph: String,
    public val name: String,
)
