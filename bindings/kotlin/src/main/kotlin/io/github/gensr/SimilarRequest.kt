package io.github.gensr

/**
 * Items like one item. All but the item has a default.
 *
 * @property itemId The item to compare with; it is not in the answer. The catalogue must have it.
 * @property limit Hits wanted, 1 to 1,000.
 * @property exclude Ids to leave out, at most 100,000.
 * @property attributes Names of the attributes to return with each hit, at most 64; the catalogue must have them.
 * @sample io.github.gensr.samples.similarRequest
 */
public data class SimilarRequest(
    public val itemId: String,
    public val limit: Int = 10,
    public val exclude: List<String> = emptyList(),
    public val attributes: List<String> = emptyList(),
) {
    /** Makes a [SimilarRequest] where there are no named arguments: in Java. */
    public class Builder(itemId: String) {
        private var request = SimilarRequest(itemId)

        /** Hits wanted, 1 to 1,000; 10 where this is not called. */
        public fun limit(limit: Int): Builder = with { copy(limit = limit) }

        /** Ids to leave out, at most 100,000. */
        public fun exclude(ids: List<String>): Builder = with { copy(exclude = ids) }

        /** Names of the attributes to return with each hit, at most 64. */
        public fun attributes(vararg names: String): Builder = with { copy(attributes = names.asList()) }

        /** The request. */
        public fun build(): SimilarRequest = request

        private fun with(change: SimilarRequest.() -> SimilarRequest) = apply { request = request.change() }
    }
}
