package io.github.gensr

/**
 * Fields that all requests share.
 *
 * @property limit Number of hits, 1 to 1,000.
 * @property offset Hits to skip, 0 or more. Consecutive pages of a request form one list.
 * @property filter Items allowed in the response, see [Filter]; `null` is all. Unknown attributes are refused.
 * @property history History to read.
 * @property exclude Ids to leave out, at most 100,000.
 * @property attributes Names of the attributes to return with each hit, at most 64; the catalogue must have them.
 * @property facets Names of the attributes whose values to count ([Response.facets]), at most 64.
 * @property nowMs Time of the request in milliseconds since 1970; `null` is now.
 */
public sealed class Request(builder: Builder<*>) {
    public val limit: Int = builder.limit
    public val offset: Int = builder.offset
    public val filter: String? = builder.filter
    public val history: History = builder.history
    public val exclude: List<String> = builder.exclude
    public val attributes: List<String> = builder.attributes
    public val facets: List<String> = builder.facets
    public val nowMs: Long? = builder.nowMs

    /** Sets the fields of a request; each is described there. A field that is not set has its default. */
    @Suppress("UNCHECKED_CAST")
    public sealed class Builder<B : Builder<B>> {
        internal var limit = 10
        internal var offset = 0
        internal var filter: String? = null
        internal var history: History = History.Profile
        internal var exclude = emptyList<String>()
        internal var attributes = emptyList<String>()
        internal var facets = emptyList<String>()
        internal var nowMs: Long? = null

        /** [Request.limit]; 10 by default. */
        public fun limit(limit: Int): B = set { this.limit = limit }

        /** [Request.offset]; 0 by default. */
        public fun offset(offset: Int): B = set { this.offset = offset }

        /** [Request.filter]. */
        public fun filter(filter: String?): B = set { this.filter = filter }

        /** [Request.history]; the recorded one by default. */
        public fun history(history: History): B = set { this.history = history }

        /** [Request.exclude]. */
        public fun exclude(ids: List<String>): B = set { exclude = ids }

        /** [Request.attributes]. */
        public fun attributes(vararg names: String): B = attributes(names.asList())

        /** [Request.attributes]. */
        public fun attributes(names: List<String>): B = set { attributes = names }

        /** [Request.facets]. */
        public fun facets(vararg names: String): B = facets(names.asList())

        /** [Request.facets]. */
        public fun facets(names: List<String>): B = set { facets = names }

        /** [Request.nowMs]. */
        public fun nowMs(nowMs: Long): B = set { this.nowMs = nowMs }

        internal inline fun set(change: B.() -> Unit): B = (this as B).apply(change)
    }
}
