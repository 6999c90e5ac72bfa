package io.github.gensr

/**
 * What a search, a recommendation or a look for similar items found.
 *
 * @property hits Best first; fewer than the limit only where the catalogue has no more.
 * @property timings The stages in the order they ran; `total` is last.
 * @property providers What ran the graphs of this call.
 */
public data class Answer(
    public val hits: List<Hit>,
    public val timings: List<StageTime> = emptyList(),
    public val providers: List<Provider> = emptyList(),
)

/**
 * One item of an answer.
 *
 * @property id Item id.
 * @property title Title; empty where the catalogue has none.
 * @property score Higher is better; comparable within one answer only.
 * @property attributes The attributes that the request named and the item has, in the order of the request.
 * @property reasons Why it is here.
 */
public data class Hit(
    public val id: String,
    public val title: String,
    public val score: Float,
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

    /** The item has these words of the query. */
    WORDS,

    /** The item is in the user's history. */
    HISTORY,

    /** The item is like the one that was asked about. */
    SIMILAR,

    /** A kind that this version has no name for. */
    OTHER,
}

/**
 * The time that one stage of a call took.
 *
 * @property stage `history`, `text`, `decoder`, `evidence`, `scan`, `hits` or `total`.
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
