package io.github.gensr

import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/** Which items of the history stay out of a recommendation. Items that the user dislikes ([Event.DISLIKE]) always do. */
public sealed class LeaveOut {

    /** Only those that the user dislikes. */
    public data object Nothing : LeaveOut()

    /** All. */
    public data object History : LeaveOut()

    /**
     * Those with an event of these kinds: `listOf("buy")` keeps items that were only viewed.
     *
     * @property kinds At most 256; kinds without events have no effect.
     */
    public data class Kinds(public val kinds: List<String>) : LeaveOut()
}

/**
 * A preferred value of an attribute: a category, a brand, a colour. Items with it move up, others stay possible.
 *
 * @property attribute Name of an attribute that is a [text][AttributeValue.Text] or a [text set][AttributeValue.TextSet].
 * @property value Its value. A value that no item has has no effect.
 * @property weight Gain of an item with this value, in fifths of the way from the average score to the ten best; above 0, at
 *   most 10.
 */
public data class Boost @JvmOverloads constructor(
    public val attribute: String,
    public val value: String,
    public val weight: Float = 2f,
)

/**
 * A limit on items with the same value of an attribute, until every other value has had its turn.
 *
 * @property attribute Name of an attribute that is a [text][AttributeValue.Text] or a [text set][AttributeValue.TextSet]. An
 *   item with several values counts for each.
 * @property limit Items with the same value; 1 or more.
 */
public data class Cap(
    public val attribute: String,
    public val limit: Int,
)

/**
 * A bonus for new items.
 *
 * @property attribute Name of a [date][AttributeValue.Date] attribute: when the item appeared.
 * @property halfLife Age at which half of the bonus is left; above 0.
 * @property weight Bonus of an item that appears today, in fifths of the way from the average score to the ten best; above
 *   0, at most 10.
 */
public data class Freshness(
    public val attribute: String,
    public val halfLife: Duration = 30.days,
    public val weight: Float = 1f,
) {
    public companion object {
        /** A [Freshness] for Java. */
        @JvmStatic
        @JvmOverloads
        public fun ofDays(attribute: String, halfLifeDays: Int = 30, weight: Float = 1f): Freshness =
            Freshness(attribute, halfLifeDays.days, weight)
    }
}

/**
 * A share of the places for items that their score would not bring up.
 *
 * @property share Share of the places, above 0, at most 0.5. The first place is never one of them.
 * @property seed The same seed gives the same list. Take another one for each visit, and the same one for the pages of a
 *   visit.
 */
public data class Exploration(
    public val share: Float,
    public val seed: Long,
)
