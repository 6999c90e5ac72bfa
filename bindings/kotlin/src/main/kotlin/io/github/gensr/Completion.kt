package io.github.gensr

/**
 * A text that goes on from what was typed, to put into the search box.
 *
 * @property text The text.
 * @property kind Where it comes from.
 * @property highlights The parts of [text] that were typed, as ranges of its indices, ascending.
 * @property itemId The item with this title; `null` for other kinds.
 */
public data class Completion(
    public val text: String,
    public val kind: CompletionKind,
    public val highlights: List<IntRange> = emptyList(),
    public val itemId: String? = null,
)

/** Where a completion comes from. There may be more in later versions. */
public enum class CompletionKind {
    /** A query of a search in the user's own history. */
    QUERY,

    /** A category. */
    CATEGORY,

    /** The title of an item. */
    TITLE,

    /** A kind that this version has no name for. */
    OTHER,
}
