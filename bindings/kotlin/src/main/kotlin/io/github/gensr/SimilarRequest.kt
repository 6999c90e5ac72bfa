package io.github.gensr

/**
 * Items like one item. All but the item has a default.
 *
 * @property itemId The item to compare with; it is not in the answer. The catalogue must have it.
 * @property limit Hits wanted, 1 to 1,000.
 * @property offset Hits to skip, 0 or more: pages of one request, put together, are its one long list.
 * @property filter Which items may be in the answer, see [Filter]; `null` is all. Attributes that the catalogue does not have
 *   are refused.
 * @property taste How much the user's taste counts, 0 to 1: at 0 nothing but the likeness, at 1 as much as the likeness.
 * @property history Whose taste; read only where [taste] is above 0.
 * @property exclude Ids to leave out, at most 100,000.
 * @property attributes Names of the attributes to return with each hit, at most 64; the catalogue must have them.
 * @property facets Names of the attributes whose values to count ([Answer.facets]), at most 64.
 * @property nowMs The time of the request in milliseconds since 1970; `null` is now.
 * @sample io.github.gensr.samples.similarRequest
 */
public data class SimilarRequest(
    public val itemId: String,
    public val limit: Int = 10,
    public val offset: Int = 0,
    public val filter: String? = null,
    public val taste: Float = 0f,
    public val history: History = History.Profile,
    public val exclude: List<String> = emptyList(),
    public val attributes: List<String> = emptyList(),
    public val facets: List<String> = emptyList(),
    public val nowMs: Long? = null,
) {
    /** Makes a [SimilarRequest] where there are no named arguments: in Java. */
    public class Builder(itemId: String) {
        private var request = SimilarRequest(itemId)

        /** Hits wanted, 1 to 1,000; 10 where this is not called. */
        public fun limit(limit: Int): Builder = with { copy(limit = limit) }

        /** Hits to skip, 0 or more; none where this is not called. */
        public fun offset(offset: Int): Builder = with { copy(offset = offset) }

        /** Which items may be in the answer, see [Filter]; all where this is not called. */
        public fun filter(filter: String): Builder = with { copy(filter = filter) }

        /** How much the user's taste counts, 0 to 1; not at all where this is not called. */
        public fun taste(taste: Float): Builder = with { copy(taste = taste) }

        /** Whose taste; that of the recorded history where this is not called. */
        public fun history(history: History): Builder = with { copy(history = history) }

        /** Ids to leave out, at most 100,000. */
        public fun exclude(ids: List<String>): Builder = with { copy(exclude = ids) }

        /** Names of the attributes to return with each hit, at most 64. */
        public fun attributes(vararg names: String): Builder = with { copy(attributes = names.asList()) }

        /** Names of the attributes whose values to count, at most 64. */
        public fun facets(vararg names: String): Builder = with { copy(facets = names.asList()) }

        /** The time of the request in milliseconds since 1970; now where this is not called. */
        public fun nowMs(nowMs: Long): Builder = with { copy(nowMs = nowMs) }

        /** The request. */
        public fun build(): SimilarRequest = request

        private fun with(change: SimilarRequest.() -> SimilarRequest) = apply { request = request.change() }
    }
}
