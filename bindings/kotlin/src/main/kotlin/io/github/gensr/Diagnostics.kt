package io.github.gensr

/**
 * What an engine says about itself, for a support screen or a bug report: nothing of the user's is in it.
 *
 * @property engineVersion Version of the engine.
 * @property onnxruntime Version of ONNX Runtime.
 * @property kernels Instruction set of the scans.
 * @property catalogue Display name of the catalogue.
 * @property packId Identity of the pack: SHA-256 of its manifest, in hexadecimal.
 * @property items Number of items in the catalogue.
 * @property formatVersion Format version of the pack.
 * @property providers The graphs that are loaded now, each with what runs it.
 * @property nodes Where the nodes of these graphs are: what an accelerator does not take the processor runs, whatever
 *   [providers] says.
 * @property accelerator What [Accelerator.AUTO] has found on this device, in words. What an earlier process kept it says at
 *   once; else it is `null` before [Engine.warmUp], and always for other choices.
 * @property live What was changed on top of the pack.
 * @property profile The profile.
 * @property callsRunning Native calls of this engine that are running now, this one left out.
 * @property log The last log lines of this process's engines, oldest first, at most 64.
 */
@ConsistentCopyVisibility
public data class Diagnostics internal constructor(
    public val engineVersion: String,
    public val onnxruntime: String?,
    public val kernels: String,
    public val catalogue: String,
    public val packId: String,
    public val items: Int,
    public val formatVersion: Int,
    public val providers: List<Provider>,
    public val nodes: List<GraphNodes>,
    public val accelerator: String?,
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
 * @property nodes How many; what an accelerator takes over in one piece is one node of it.
 */
@ConsistentCopyVisibility
public data class GraphNodes internal constructor(
    public val graph: String,
    public val provider: String,
    public val nodes: Int,
)

/**
 * What was changed on top of the pack: [Engine.upsertItems], [Engine.removeItems].
 *
 * @property items Items that were upserted and are there.
 * @property removed Ids that were removed.
 * @property pending Of the items those whose vectors are still to be made; 0 where the pack cannot make any.
 * @property withoutVector Of the items those that are found by their words and not by meaning.
 * @property makesVectors Whether the pack can make vectors of texts.
 */
@ConsistentCopyVisibility
public data class LiveDiagnostics internal constructor(
    public val items: Int,
    public val removed: Int,
    public val pending: Int,
    public val withoutVector: Int,
    public val makesVectors: Boolean,
)

/**
 * The state of the profile.
 *
 * @property inMemory Whether it ends with the engine.
 * @property open Whether it is open now; it is not after [Engine.trimMemory], until the next call.
 * @property events Events in it; 0 while it is not open.
 * @property dormant Those of them whose items the pack does not know.
 * @property warnings What went wrong with it since the engine was opened, for example that it was damaged and set aside.
 */
@ConsistentCopyVisibility
public data class ProfileDiagnostics internal constructor(
    public val inMemory: Boolean,
    public val open: Boolean,
    public val events: Int,
    public val dormant: Int,
    public val warnings: List<String>,
)
