package io.github.gensr

/**
 * State of an engine, for a support screen or a bug report. It holds no user data.
 *
 * @property engineVersion Version of the engine.
 * @property onnxruntime Version of ONNX Runtime.
 * @property kernels Instruction set of the scans.
 * @property catalogue Display name of the catalogue.
 * @property packId Identity of the pack: SHA-256 of its manifest, in hexadecimal.
 * @property items Number of items in the catalogue.
 * @property formatVersion Format version of the pack.
 * @property providers Graphs that are loaded now, and their execution providers.
 * @property nodes How the nodes of these graphs are spread over providers. Nodes that an accelerator does not support run on
 *   the processor, whatever [providers] says.
 * @property live Changes on top of the pack.
 * @property profile The profile.
 * @property callsRunning Other native calls of this engine that are running now.
 * @property log The last log lines of this process's engines, oldest first, at most 64.
 */
public class Diagnostics internal constructor(
    public val engineVersion: String,
    public val onnxruntime: String?,
    public val kernels: String,
    public val catalogue: String,
    public val packId: String,
    public val items: Int,
    public val formatVersion: Int,
    public val providers: List<GraphProvider>,
    public val nodes: List<GraphNodes>,
    public val live: LiveDiagnostics,
    public val profile: ProfileDiagnostics,
    public val callsRunning: Int,
    public val log: List<String>,
)

/**
 * Nodes of a graph that one execution provider runs.
 *
 * @property graph Name of the graph; `text-16` for the sentence encoder of texts that are padded to 16 tokens.
 * @property provider Name of the execution provider.
 * @property nodes How many. A subgraph that an accelerator takes over as a whole counts as one.
 */
public class GraphNodes internal constructor(
    public val graph: String,
    public val provider: String,
    public val nodes: Int,
)

/**
 * Changes on top of the pack: [Engine.upsertItems], [Engine.removeItems].
 *
 * @property items Upserted items in the catalogue.
 * @property removed Ids that were removed.
 * @property pending Upserted items whose vectors are still to be made; 0 where the pack cannot make any.
 * @property withoutVector Upserted items without a vector, which only words find.
 * @property makesVectors Whether the pack can make vectors of texts.
 */
public class LiveDiagnostics internal constructor(
    public val items: Int,
    public val removed: Int,
    public val pending: Int,
    public val withoutVector: Int,
    public val makesVectors: Boolean,
)

/**
 * The state of the profile.
 *
 * @property inMemory Whether it is in memory only.
 * @property open Whether it is open now; it is not after [Engine.trimMemory], until the next call.
 * @property events Events in it; 0 while it is not open.
 * @property dormant Those of them whose items are not in the pack.
 * @property warnings Problems since the engine was opened, for example a damaged database that was set aside.
 */
public class ProfileDiagnostics internal constructor(
    public val inMemory: Boolean,
    public val open: Boolean,
    public val events: Int,
    public val dormant: Int,
    public val warnings: List<String>,
)
