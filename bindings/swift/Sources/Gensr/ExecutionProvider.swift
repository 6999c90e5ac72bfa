/// Execution provider of a pack's graphs. Nodes that it does not support run on the processor; ``Diagnostics/nodes`` says how many.
public enum ExecutionProvider: Sendable, Hashable, CaseIterable {
    /// The processor alone: the default.
    case cpu

    /// XNNPACK, on Arm processors. It gets the threads of the graphs that packs have for it.
    case xnnpack

    /// Core ML, on Apple devices.
    case coreML

    /// NNAPI, on Android devices before 15.
    case nnapi
}
