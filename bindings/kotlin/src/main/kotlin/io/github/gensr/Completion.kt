package io.github.gensr

/**
 * A text to complete what was typed in the search box.
 *
 * @property text The text.
 * @property kind Its source.
 * @property highlights Parts of [text] that were typed, as ranges of its indices, ascending.
 * @property itemId The item with this title; `null` for other kinds.
 */
public data class Completion(
    public val text: String,
    public val kind: CompletionKind,
    public val highlights: List<IntRange> = emptyList(),
    public val itemId: String? = null,
)

/** Source of a completion. Later versions may add more. */
public enum class CompletionKind {
    /** A query of a search in the user's own history. */
    QUERY,

    /** A category. */
    CATEGORY,

    /** The title of an item. */
    TITLE,

    /** A kind that this version does not know. */
    OTHER,
}
