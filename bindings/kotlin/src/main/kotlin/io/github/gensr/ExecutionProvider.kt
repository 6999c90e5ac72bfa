package io.github.gensr

/**
 * Execution provider of a pack's graphs. Nodes that it does not support run on the processor; [Diagnostics.nodes] says how
 * many.
 */
public enum class ExecutionProvider {
    /** The processor alone: the default. */
    CPU,

    /** XNNPACK, on Arm processors. It gets the threads of the graphs that packs have for it. */
    XNNPACK,

    /** Core ML, on Apple devices. */
    CORE_ML,

    /** NNAPI, on Android devices before 15, where it was deprecated. */
    NNAPI,
}
