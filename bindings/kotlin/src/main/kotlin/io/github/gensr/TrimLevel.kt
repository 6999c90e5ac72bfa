package io.github.gensr

/** How much memory to give back. Each level includes those before it. */
public enum class TrimLevel {
    /** What the next call makes again in about a millisecond. For Android's `TRIM_MEMORY_RUNNING_*`. */
    CACHES,

    /**
     * What an app does not need that nobody sees: the text encoder, too, and the profile with its lock. For
     * `TRIM_MEMORY_UI_HIDDEN`; the next query loads the encoder.
     */
    BACKGROUND,

    /** All but the pack, which is mapped. For `TRIM_MEMORY_BACKGROUND` and above; the next call is like the first one. */
    EVERYTHING,
}
