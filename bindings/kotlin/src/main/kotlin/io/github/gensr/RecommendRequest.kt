package io.github.gensr

/**
 * What a history suggests next. Everything has a default.
 *
 * @property limit Hits wanted, 1 to 1,000.
 * @property offset Hits to skip, 0 or more: pages of one request, put together, are its one long list.
 * @property filter Which items may be in the answer, see [Filter]; `null` is all. Attributes that the catalogue does not have
 *   are refused.
 * @property history Whose history to read.
 * @property leaveOut Which items of the history to leave out; `null` is the pack's default.
 * @property seeds Ids of items that the list should suit as well as the history: the item on screen, a basket. They are not
 *   in the list. At most 32; ids that the catalogue does not have are no fault.
 * @property wish What the user wishes for, in words, as a search would take it; at most 4,096 bytes of UTF-8.
 * @property lean A value of an attribute to lean on.
 * @property freshness A bonus for new items.
 * @property diversity How much the items of the list should differ, 0 to 1: 0 is the order of the scores, 1 looks at nothing
 *   but difference. `null` is 0, and more than that for a user without a history.
 * @property caps Caps on values of attributes, at most 8.
 * @property exploration Places for items that would not come up by their score.
 * @property because Whether to name the events that each hit is there for: without the events of an item that the reasons
 *   [ReasonKind.MODEL] and [ReasonKind.NEIGHBOURS] name, its score falls. Costs up to eight passes over the history.
 * @property exclude Ids to leave out, at most 100,000.
 * @property attributes Names of the attributes to return with each hit, at most 64; the catalogue must have them.
 * @property facets Names of the attributes whose values to count ([Answer.facets]), at most 64.
 * @property nowMs The time of the request in milliseconds since 1970; `null` is now.
 * @sample io.github.gensr.samples.recommendRequest
 */
public data class RecommendRequest(
    public val limit: Int = 10,
    public val offset: Int = 0,
    public val filter: String? = null,
    public val history: History = History.Profile,
    public val leaveOut: LeaveOut? = null,
    public val seeds: List<String> = emptyList(),
    public val wish: String? = null,
    public val lean: Lean? = null,
    public val freshness: Freshness? = null,
    public val diversity: Float? = null,
    public val caps: List<Cap> = emptyList(),
    public val exploration: Exploration? = null,
    public val because: Boolean = false,
    public val exclude: List<String> = emptyList(),
    public val attributes: List<String> = emptyList(),
    public val facets: List<String> = emptyList(),
    public val nowMs: Long? = null,
) {
    /** Makes a [RecommendRequest] where there are no named arguments: in Java. */
    public class Builder {
        private var request = RecommendRequest()

        /** Hits wanted, 1 to 1,000; 10 where this is not called. */
        public fun limit(limit: Int): Builder = with { copy(limit = limit) }

        /** Hits to skip, 0 or more; none where this is not called. */
        public fun offset(offset: Int): Builder = with { copy(offset = offset) }

        /** Which items may be in the answer, see [Filter]; all where this is not called. */
        public fun filter(filter: String): Builder = with { copy(filter = filter) }

        /** Whose history to read; the recorded one where this is not called. */
        public fun history(history: History): Builder = with { copy(history = history) }

        /** Which items of the history to leave out; the pack's default where this is not called. */
        public fun leaveOut(leaveOut: LeaveOut): Builder = with { copy(leaveOut = leaveOut) }

        /** Ids of items that the list should suit as well as the history, at most 32. */
        public fun seeds(ids: List<String>): Builder = with { copy(seeds = ids) }

        /** What the user wishes for, in words, as a search would take it. */
        public fun wish(wish: String): Builder = with { copy(wish = wish) }

        /** A value of an attribute to lean on. */
        public fun lean(lean: Lean): Builder = with { copy(lean = lean) }

        /** A bonus for new items. */
        public fun freshness(freshness: Freshness): Builder = with { copy(freshness = freshness) }

        /** How much the items of the list should differ, 0 to 1; the engine's default where this is not called. */
        public fun diversity(diversity: Float): Builder = with { copy(diversity = diversity) }

        /** Caps on values of attributes, at most 8. */
        public fun caps(vararg caps: Cap): Builder = with { copy(caps = caps.asList()) }

        /** Places for items that would not come up by their score. */
        public fun exploration(exploration: Exploration): Builder = with { copy(exploration = exploration) }

        /** Whether to name the events that each hit is there for. */
        public fun because(because: Boolean): Builder = with { copy(because = because) }

        /** Ids to leave out, at most 100,000. */
        public fun exclude(ids: List<String>): Builder = with { copy(exclude = ids) }

        /** Names of the attributes to return with each hit, at most 64. */
        public fun attributes(vararg names: String): Builder = with { copy(attributes = names.asList()) }

        /** Names of the attributes whose values to count, at most 64. */
        public fun facets(vararg names: String): Builder = with { copy(facets = names.asList()) }

        /** The time of the request in milliseconds since 1970; now where this is not called. */
        public fun nowMs(nowMs: Long): Builder = with { copy(nowMs = nowMs) }

        /** The request. */
        public fun build(): RecommendRequest = request

        private fun with(change: RecommendRequest.() -> RecommendRequest) = apply { request = request.change() }
    }
}
