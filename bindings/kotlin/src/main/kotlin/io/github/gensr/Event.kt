package io.github.gensr

/**
 * An action of the user on an item.
 *
 * @property itemId Item id as in the catalogue, 1 to 256 bytes. Events on an id that the pack does not have are kept, dormant
 *   until a pack has it.
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
         * The kind of event that every pack treats as a dislike: the item is not recommended again, and similar ones move
         * down, from the next recommendation on.
         */
        public const val DISLIKE: String = "dislike"
    }
}

/**
 * An event as it was recorded.
 *
 * @property id Id for [Forget.Event].
 * @property itemId Item id, as it was recorded.
 * @property kind Kind of event.
 * @property timestampMs Milliseconds since 1970.
 * @property query The query that led to the item.
 */
public class RecordedEvent internal constructor(
    public val id: Long,
    public val itemId: String,
    public val kind: String,
    public val timestampMs: Long,
    public val query: String?,
)

/** History that a request reads. */
public sealed class History {

    /** The recorded one. */
    public data object Profile : History()

    /** None, as for a new user. */
    public data object Empty : History()

    /**
     * These events, instead of the recorded ones.
     *
     * @property events Oldest first, at most 100,000; the model reads the last 50.
     */
    public data class Events(public val events: List<Event>) : History()
}
