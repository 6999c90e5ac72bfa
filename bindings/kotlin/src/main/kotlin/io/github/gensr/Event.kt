package io.github.gensr

/**
 * Something the user did with an item.
 *
 * @property itemId Item id as in the catalogue, 1 to 256 bytes. An id that the pack does not know is kept and sleeps until
 *   a pack knows it.
 * @property kind Kind of event as the pack names them (`view`, `buy`, `search`, ...), 1 to 256 bytes.
 * @property timestampMs Milliseconds since 1970; `null` is now.
 * @property query The query that led to the item, at most 4,096 bytes; for kinds that are searches.
 */
public data class Event @JvmOverloads constructor(
    public val itemId: String,
    public val kind: String,
    public val timestampMs: Long? = null,
    public val query: String? = null,
) {
    public companion object {
        /**
         * The kind of event that every pack understands as a dislike: the item is not suggested again, and those that
         * resemble it come up less, from the next recommendation on.
         */
        public const val DISLIKE: String = "dislike"
    }
}

/**
 * An event as it was recorded.
 *
 * @property id Names it in [Forget.Event].
 * @property itemId Item id, as it was recorded.
 * @property kind Kind of event.
 * @property timestampMs Milliseconds since 1970.
 * @property query The query that led to the item.
 */
@ConsistentCopyVisibility
public data class RecordedEvent internal constructor(
    public val id: Long,
    public val itemId: String,
    public val kind: String,
    public val timestampMs: Long,
    public val query: String?,
)

/** Whose history a request reads. */
public sealed class History {

    /** The one that was recorded on this device. */
    public data object Profile : History()

    /** None: the answer that a stranger gets. */
    public data object Empty : History()

    /**
     * These events; the recorded history is neither read nor written.
     *
     * @property events Oldest first, at most 100,000; the model reads the last 50.
     */
    public data class Events(public val events: List<Event>) : History()
}
