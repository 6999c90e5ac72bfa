package io.github.gensr

/** Which items of the history stay out of a recommendation. What the user dislikes ([Event.DISLIKE]) always does. */
public sealed class LeaveOut {

    /** None but those that the user dislikes. */
    public data object Nothing : LeaveOut()

    /** All. */
    public data object History : LeaveOut()

    /**
     * Those with an event of these kinds: `listOf("buy")` keeps what was only seen.
     *
     * @property kinds At most 256; a kind that nobody recorded leaves out nothing.
     */
    public data class Kinds(public val kinds: List<String>) : LeaveOut()
}

/**
 * A value of an attribute to lean on: a category, a brand, a colour. Items with it come up, others stay possible.
 *
 * @property attribute Name of an attribute that is a [text][AttributeValue.Text] or a [set][AttributeValue.Set].
 * @property value Its value. One that no item has leans on nothing.
 * @property weight What an item with this value gains, in fifths of the way from the average score to the ten best; above 0,
 *   at most 10.
 */
public data class Lean @JvmOverloads constructor(
    public val attribute: String,
    public val value: String,
    public val weight: Float = 2f,
)

/**
 * At most so many items with the same value of an attribute, before every other value has had its turn.
 *
 * @property attribute Name of an attribute that is a [text][AttributeValue.Text] or a [set][AttributeValue.Set]. An item
 *   with several values counts for each.
 * @property atMost Items with the same value; 1 or more.
 */
public data class Cap(
    public val attribute: String,
    public val atMost: Int,
)

/**
 * A bonus for items that are new.
 *
 * @property attribute Name of an attribute that is a [date][AttributeValue.Date]: when the item appeared.
 * @property halfLifeDays Days after which half of the bonus is left; above 0.
 * @property weight The bonus of an item that appears today, in fifths of the way from the average score to the ten best;
 *   above 0, at most 10.
 */
public data class Freshness @JvmOverloads constructor(
    public val attribute: String,
    public val halfLifeDays: Float = 30f,
    public val weight: Float = 1f,
)

/**
 * A share of the places for items that would not come up by their score.
 *
 * @property share Share of the places, above 0, at most 0.5. The first place is never one of them.
 * @property seed The same seed gives the same list. Take another one for each visit, and the same one for the pages of a
 *   visit.
 */
public data class Exploration(
    public val share: Float,
    public val seed: Long,
)
