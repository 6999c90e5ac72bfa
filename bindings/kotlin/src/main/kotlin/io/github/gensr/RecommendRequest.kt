package io.github.gensr

/**
 * What a history suggests next. Everything has a default.
 *
 * @property limit Hits wanted, 1 to 1,000.
 * @property history Whose history to read.
 * @property excludeHistory Leave out what is in the history; `null` is the pack's default.
 * @property exclude Ids to leave out, at most 100,000.
 * @property attributes Names of the attributes to return with each hit, at most 64; the catalogue must have them.
 * @property nowMs The time of the request in milliseconds since 1970; `null` is now.
 * @sample io.github.gensr.samples.recommendRequest
 */
public data class RecommendRequest(
    public val limit: Int = 10,
    public val history: History = History.Profile,
    public val excludeHistory: Boolean? = null,
    public val exclude: List<String> = emptyList(),
    public val attributes: List<String> = emptyList(),
    public val nowMs: Long? = null,
) {
    /** Makes a [RecommendRequest] where there are no named arguments: in Java. */
    public class Builder {
        private var request = RecommendRequest()

        /** Hits wanted, 1 to 1,000; 10 where this is not called. */
        public fun limit(limit: Int): Builder = with { copy(limit = limit) }

        /** Whose history to read; the recorded one where this is not called. */
        public fun history(history: History): Builder = with { copy(history = history) }

        /** Whether to leave out what is in the history; the pack's default where this is not called. */
        public fun excludeHistory(exclude: Boolean): Builder = with { copy(excludeHistory = exclude) }

        /** Ids to leave out, at most 100,000. */
        public fun exclude(ids: List<String>): Builder = with { copy(exclude = ids) }

        /** Names of the attributes to return with each hit, at most 64. */
        public fun attributes(vararg names: String): Builder = with { copy(attributes = names.asList()) }

        /** The time of the request in milliseconds since 1970; now where this is not called. */
        public fun nowMs(nowMs: Long): Builder = with { copy(nowMs = nowMs) }

        /** The request. */
        public fun build(): RecommendRequest = request

        private fun with(change: RecommendRequest.() -> RecommendRequest) = apply { request = request.change() }
    }
}
