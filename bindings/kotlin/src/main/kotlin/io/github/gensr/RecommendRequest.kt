package io.github.gensr

/**
 * Recommendations for a history.
 *
 * @property leaveOut Items of the history to leave out; `null` is the pack's default.
 * @property seeds Ids of items that the list should suit like the history: the item on screen, a basket. They are not in the
 *   list. At most 32; unknown ids are ignored.
 * @property intent The user's intent in words, as for a search; at most 4,096 bytes of UTF-8.
 * @property boost A preferred value of an attribute.
 * @property freshness A bonus for new items.
 * @property diversity How much the items of the list should differ, 0 to 1: 0 keeps the order of the scores, 1 considers
 *   difference alone. `null` is 0, and more than that for a user without a history.
 * @property caps Limits on items with the same value of an attribute, at most 8.
 * @property exploration Places for items that their score would not bring up.
 * @property explainHistory Whether the reasons [ReasonKind.MODEL] and [ReasonKind.NEIGHBOURS] name the items of the history
 *   without which the score falls. Costs up to eight passes over the history.
 * @sample io.github.gensr.samples.recommendRequest
 */
public class RecommendRequest private constructor(builder: Builder) : Request(builder) {
    public val leaveOut: LeaveOut? = builder.leaveOut
    public val seeds: List<String> = builder.seeds
    public val intent: String? = builder.intent
    public val boost: Boost? = builder.boost
    public val freshness: Freshness? = builder.freshness
    public val diversity: Float? = builder.diversity
    public val caps: List<Cap> = builder.caps
    public val exploration: Exploration? = builder.exploration
    public val explainHistory: Boolean = builder.explainHistory

    @JvmOverloads
    public constructor(build: Builder.() -> Unit = {}) : this(Builder().apply(build))

    /** Makes a [RecommendRequest]. */
    public class Builder : Request.Builder<Builder>() {
        internal var leaveOut: LeaveOut? = null
        internal var seeds = emptyList<String>()
        internal var intent: String? = null
        internal var boost: Boost? = null
        internal var freshness: Freshness? = null
        internal var diversity: Float? = null
        internal var caps = emptyList<Cap>()
        internal var exploration: Exploration? = null
        internal var explainHistory = false

        /** [RecommendRequest.leaveOut]. */
        public fun leaveOut(leaveOut: LeaveOut?): Builder = set { this.leaveOut = leaveOut }

        /** [RecommendRequest.seeds]. */
        public fun seeds(ids: List<String>): Builder = set { seeds = ids }

        /** [RecommendRequest.intent]. */
        public fun intent(intent: String?): Builder = set { this.intent = intent }

        /** [RecommendRequest.boost]. */
        public fun boost(boost: Boost?): Builder = set { this.boost = boost }

        /** [RecommendRequest.freshness]. */
        public fun freshness(freshness: Freshness?): Builder = set { this.freshness = freshness }

        /** [RecommendRequest.diversity]. */
        public fun diversity(diversity: Float?): Builder = set { this.diversity = diversity }

        /** [RecommendRequest.caps]. */
        public fun caps(vararg caps: Cap): Builder = caps(caps.asList())

        /** [RecommendRequest.caps]. */
        public fun caps(caps: List<Cap>): Builder = set { this.caps = caps }

        /** [RecommendRequest.exploration]. */
        public fun exploration(exploration: Exploration?): Builder = set { this.exploration = exploration }

        /** [RecommendRequest.explainHistory]; `false` by default. */
        public fun explainHistory(explain: Boolean): Builder = set { explainHistory = explain }

        /** The request. */
        public fun build(): RecommendRequest = RecommendRequest(this)
    }
}
