/// State of an engine, without any user data.
public struct Diagnostics: Sendable, Hashable {
    /// Version of the engine.
    public let engineVersion: String

    /// Version of ONNX Runtime, once it is loaded.
    public let onnxruntime: String?

    /// Instruction set of the scans.
    public let kernels: String

    /// Display name of the catalogue.
    public let catalogue: String

    /// Identity of the pack: SHA-256 of its manifest, in lower-case hex.
    public let packID: String

    /// Number of items in the catalogue.
    public let items: Int

    /// Format version of the pack.
    public let formatVersion: Int

    /// Graphs that are loaded now.
    public let providers: [GraphProvider]

    /// How the nodes of these graphs are spread over providers. Nodes that an accelerator does not support run on the processor, whatever
    /// ``providers`` says.
    public let nodes: [GraphNodes]

    /// Changes on top of the pack.
    public let live: LiveDiagnostics

    /// The profile.
    public let profile: ProfileDiagnostics

    /// Other calls of this engine that are running now.
    public let callsRunning: Int

    /// The last log lines of this process's engines, oldest first, at most 64.
    public let log: [String]
}

/// Nodes of a graph that one execution provider runs.
public struct GraphNodes: Sendable, Hashable {
    /// Name of the graph; `text-16` for the sentence encoder of texts that are padded to 16 tokens.
    public let graph: String

    /// Name of the execution provider.
    public let provider: String

    /// How many. A subgraph that an accelerator takes over as a whole counts as one.
    public let nodes: Int
}

/// Changes on top of the pack.
public struct LiveDiagnostics: Sendable, Hashable {
    /// Upserted items in the catalogue.
    public let items: Int

    /// Ids that were removed.
    public let removed: Int

    /// Upserted items whose vectors are still to be made; 0 where the pack cannot make any.
    public let pending: Int

    /// Upserted items without a vector, which only words find.
    public let withoutVector: Int

    /// Whether the pack can make vectors of texts.
    public let makesVectors: Bool
}

/// The state of the profile.
public struct ProfileDiagnostics: Sendable, Hashable {
    /// Whether it ends with the engine.
    public let inMemory: Bool

    /// Whether it is open now; it is not after ``Engine/trimMemory(_:)``, until the next call.
    public let open: Bool

    /// Events in it; 0 while it is not open.
    public let events: Int

    /// Those of them whose items the pack does not know.
    public let dormant: Int

    /// Problems since the engine was opened, for example a damaged database that was set aside.
    public let warnings: [String]
}
