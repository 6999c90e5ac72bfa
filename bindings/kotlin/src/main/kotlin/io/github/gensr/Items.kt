package io.github.gensr

import io.github.gensr.ffi.VectorJob as NativeVectorJob
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.milliseconds

/**
 * A new item, or a replacement for the one with its id.
 *
 * @property id Item id, 1 to 256 bytes.
 * @property title Title, at most 4,096 bytes; may be empty.
 * @property text Further text, at most 65,536 bytes; searched, never shown.
 * @property attributes All of its attributes: columns of the pack, with values of their types.
 * @property timestampMs Time of this version, in milliseconds since 1970: the later of two versions is kept, in whatever order
 *   they come. `null` is now, and later than any stored version.
 */
public class Upsert @JvmOverloads constructor(
    public val id: String,
    public val title: String,
    public val text: String = "",
    public val attributes: Map<String, AttributeValue> = emptyMap(),
    public val timestampMs: Long? = null,
)

/**
 * An item of the catalogue.
 *
 * @property id Item id.
 * @property title Title; empty where the catalogue has none.
 * @property attributes All attributes that it has, in the order of the pack's columns.
 */
@ConsistentCopyVisibility
public data class Item internal constructor(
    public val id: String,
    public val title: String,
    public val attributes: Map<String, AttributeValue>,
)

/**
 * Makes the vectors of upserted items, by which they are found by meaning. Nothing happens until it is run. It may be
 * dropped: the next job, or [Engine.warmUp], makes the vectors that are missing.
 *
 * @property taken Upserted items that were not older than the catalogue's.
 * @sample io.github.gensr.samples.upsertItems
 */
public class VectorJob internal constructor(
    private val native: NativeVectorJob,
    private val calls: NativeCalls,
) {
    public val taken: Int = translated { native.taken() }.saturated()

    /** Progress so far. Never blocks; callable from any thread. */
    public val progress: VectorProgress
        get() = translated { native.progress() }.run { VectorProgress(done.saturated(), total.saturated()) }

    /**
     * Makes the vectors of all upserted items that have none: milliseconds per item with a sentence encoder. Searches go
     * on meanwhile, and find the items by meaning as their vectors are written. Vectors made before a cancellation are kept.
     * Does nothing with a pack that cannot make vectors ([LiveDiagnostics.makesVectors]).
     *
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [Engine.close].
     * @sample io.github.gensr.samples.upsertItems
     */
    public suspend fun run(): Unit = calls.long { native.run(it) }

    /**
     * As [run], for as long as the flow is collected, with the progress about ten times a second. The flow ends with the job,
     * and never waits for a slow collector.
     *
     * @sample io.github.gensr.samples.upsertProgress
     */
    public fun runWithProgress(): Flow<VectorProgress> = channelFlow {
        val watch = launch {
            while (true) {
                send(progress)
                delay(100.milliseconds)
            }
        }
        this@VectorJob.run()
        watch.cancelAndJoin()
        send(progress)
    }.conflate().distinctUntilChanged()
}

/**
 * Progress of a [VectorJob].
 *
 * @property done Vectors made so far.
 * @property total Vectors to make; grows when the catalogue changes meanwhile.
 */
public data class VectorProgress(
    public val done: Int,
    public val total: Int,
)
