package io.github.gensr

/**
 * Items for a query, in the order that suits the user. All but the query has a default.
 *
 * @property query What the user typed: 1 to 4,096 bytes of UTF-8, not only white space.
 * @property limit Hits wanted, 1 to 1,000.
 * @property offset Hits to skip, 0 or more: pages of one request, put together, are its one long list.
 * @property filter Which items may be in the answer, see [Filter]; `null` is all. Attributes that the catalogue does not have
 *   are refused.
 * @property history Whose history to read.
 * @property excludeHistory Leave out what is in the history; `null` is the pack's default.
 * @property exclude Ids to leave out, at most 100,000.
 * @property attributes Names of the attributes to return with each hit, at most 64; the catalogue must have them.
 * @property facets Names of the attributes whose values to count ([Answer.facets]), at most 64.
 * @property nowMs The time of the request in milliseconds since 1970; `null` is now.
 * @sample io.github.gensr.samples.searchRequest
 */
public data class SearchRequest(
    public val query: String,
    public val limit: Int = 10,
    public val offset: Int = 0,
    public val filter: String? = null,
    public val history: History = History.Profile,
    public val excludeHistory: Boolean? = null,
    public val exclude: List<String> = emptyList(),
    public val attributes: List<String> = emptyList(),
    public val facets: List<String> = emptyList(),
    public val nowMs: Long? = null,
) {
    /** Makes a [SearchRequest] where there are no named arguments: in Java. */
    public class Builder(query: String) {
        private var request = SearchRequest(query)

        /** Hits wanted, 1 to 1,000; 10 where this is not called. */
        public fun limit(limit: Int): Builder = with { copy(limit = limit) }

        /** Hits to skip, 0 or more; none where this is not called. */
        public fun offset(offset: Int): Builder = with { copy(offset = offset) }

        /** Which items may be in the answer, see [Filter]; all where this is not called. */
        public fun filter(filter: String): Builder = with { copy(filter = filter) }

        /** Whose history to read; the recorded one where this is not called. */
        public fun history(history: History): Builder = with { copy(history = history) }

        /** Whether to leave out what is in the history; the pack's default where this is not called. */
        public fun excludeHistory(exclude: Boolean): Builder = with { copy(excludeHistory = exclude) }

        /** Ids to leave out, at most 100,000. */
        public fun exclude(ids: List<String>): Builder = with { copy(exclude = ids) }

        /** Names of the attributes to return with each hit, at most 64. */
        public fun attributes(vararg names: String): Builder = with { copy(attributes = names.asList()) }

        /** Names of the attributes whose values to count, at most 64. */
        public fun facets(vararg names: String): Builder = with { copy(facets = names.asList()) }

        /** The time of the request in milliseconds since 1970; now where this is not called. */
        public fun nowMs(nowMs: Long): Builder = with { copy(nowMs = nowMs) }

        /** The request. */
        public fun build(): SearchRequest = request

        private fun with(change: SearchRequest.() -> SearchRequest) = apply { request = request.change() }
    }
}
