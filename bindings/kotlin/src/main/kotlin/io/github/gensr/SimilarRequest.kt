package io.github.gensr

/**
 * Items similar to one item.
 *
 * @property itemId The item to compare with; it is not in the response. The catalogue must have it.
 * @property personalisation Weight of the user's [history], 0 to 1: at 0 only similarity counts, at 1 both count alike.
 * @sample io.github.gensr.samples.similarRequest
 */
public class SimilarRequest private constructor(public val itemId: String, builder: Builder) : Request(builder) {
    public val personalisation: Float = builder.personalisation

    @JvmOverloads
    public constructor(itemId: String, build: Builder.() -> Unit = {}) : this(itemId, Builder(itemId).apply(build))

    /** Makes a [SimilarRequest]. */
    public class Builder(private val itemId: String) : Request.Builder<Builder>() {
        internal var personalisation = 0f

        /** [SimilarRequest.personalisation]; 0 by default. */
        public fun personalisation(weight: Float): Builder = set { personalisation = weight }

        /** The request. */
        public fun build(): SimilarRequest = SimilarRequest(itemId, this)
    }
}
