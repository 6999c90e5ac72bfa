package io.github.gensr

/**
 * What the graphs of a pack run on beside the processor, which runs whatever others leave. [Diagnostics.nodes] says how much
 * that is.
 */
public enum class Accelerator {
    /** Nothing: the default. */
    CPU,

    /** XNNPACK, on Arm processors. It gets the threads of the graphs that packs have for it. */
    XNNPACK,

    /** Core ML, on Apple devices. */
    CORE_ML,

    /** NNAPI, on Android devices before 15, where it was deprecated. Only for who asks for it by name. */
    NNAPI,

    /**
     * The processor, until [Engine.warmUp] has found that an accelerator answers the same on this device, and sooner. What it
     * finds is kept with the history, so it needs [EngineOptions.profileDirectory].
     */
    AUTO,
}
