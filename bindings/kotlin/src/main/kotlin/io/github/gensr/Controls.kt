package io.github.gensr

/**
 * Events for [Engine.forget] to erase.
 *
 * @sample io.github.gensr.samples.forget
 */
public sealed class Forget {

    /** @property id One event: [RecordedEvent.id]. */
    public data class Event(public val id: Long) : Forget()

    /** @property itemId All events of this item, in the pack or not. */
    public data class Item(public val itemId: String) : Forget()

    /** @property query All events with this query; white space does not count. */
    public data class Query(public val query: String) : Forget()

    /** @property timestampMs All events of this time or later, in milliseconds since 1970. */
    public data class Since(public val timestampMs: Long) : Forget()
}

/** Whether events are recorded and used. Not persisted: a newly opened engine starts with [ON]. */
public enum class Recording {
    /** Events are recorded, and the history counts in every response. */
    ON,

    /** Nothing is recorded; the history is used and shown as before. */
    PAUSED,

    /** As if there were no user: nothing is recorded, read, shown or kept in memory. */
    INCOGNITO,
}
