package io.github.gensr

/** How much memory to free. Each level includes those before it. */
public enum class TrimLevel {
    /** Caches that the next call fills again in about a millisecond. For Android's `TRIM_MEMORY_RUNNING_*`. */
    CACHES,

    /**
     * All that an app in the background does not need: the text encoder, and the profile with its lock. For
     * `TRIM_MEMORY_UI_HIDDEN`; the next query loads the encoder.
     */
    BACKGROUND,

    /** All but the pack, which is mapped. For `TRIM_MEMORY_BACKGROUND` and above; the next call is like the first one. */
    EVERYTHING,
}
