/// What the graphs of a pack run on beside the processor, which runs whatever others leave. ``Diagnostics/nodes`` says how much that is.
public enum Accelerator: Sendable, Hashable, CaseIterable {
    /// Nothing: the default.
    case cpu

    /// XNNPACK, on Arm processors. It gets the threads of the graphs that packs have for it.
    case xnnpack

    /// Core ML, on Apple devices.
    case coreML

    /// NNAPI, on Android devices before 15.
    case nnapi

    /// The processor, until ``Engine/warmUp()`` has found that an accelerator answers the same on this device, and sooner. What it finds is
    /// kept with the history, so it needs ``EngineOptions/profileDirectory``.
    case auto
}
