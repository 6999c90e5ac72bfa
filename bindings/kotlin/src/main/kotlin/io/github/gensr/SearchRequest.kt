package io.github.gensr

/**
 * Items for a query, ranked for the user.
 *
 * @property query Text of the search: 1 to 4,096 bytes of UTF-8, not only white space.
 * @property excludeHistory Whether to leave out items of the history; `null` is the pack's default.
 * @sample io.github.gensr.samples.searchRequest
 */
public class SearchRequest private constructor(public val query: String, builder: Builder) : Request(builder) {
    public val excludeHistory: Boolean? = builder.excludeHistory

    @JvmOverloads
    public constructor(query: String, build: Builder.() -> Unit = {}) : this(query, Builder(query).apply(build))

    /** Makes a [SearchRequest]. */
    public class Builder(private val query: String) : Request.Builder<Builder>() {
        internal var excludeHistory: Boolean? = null

        /** [SearchRequest.excludeHistory]. */
        public fun excludeHistory(exclude: Boolean?): Builder = set { excludeHistory = exclude }

        /** The request. */
        public fun build(): SearchRequest = SearchRequest(query, this)
    }
}
