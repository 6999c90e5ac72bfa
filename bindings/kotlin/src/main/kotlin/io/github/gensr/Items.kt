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
 * An item that is new, or in place of the one with its id.
 *
 * @property id Item id, 1 to 256 bytes.
 * @property title Title, at most 4,096 bytes; may be empty.
 * @property text What else there is to say of it, at most 65,536 bytes. It is searched and never shown.
 * @property attributes All of its attributes: columns of the pack, with values of their types.
 * @property timestampMs When the item became what it is here, in milliseconds since 1970: of two versions the later stays,
 *   whichever comes first. `null`: now, and later than whatever is there.
 */
public data class Upsert @JvmOverloads constructor(
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
 * The vectors that are to be made of the texts of upserted items, by which they are found by meaning. Nothing happens until
 * it is run, and it may be forgotten: what one job does not make the next does, or [Engine.warmUp].
 *
 * @property taken Items of the upsert that were not older than what is there.
 * @sample io.github.gensr.samples.upsertItems
 */
public class VectorJob internal constructor(
    private val native: NativeVectorJob,
    private val calls: NativeCalls,
) {
    public val taken: Int = translated { native.taken() }.saturated()

    /** How far it is. Any thread may ask, at any time. */
    public val progress: VectorProgress
        get() = translated { native.progress() }.run { VectorProgress(done.saturated(), of.saturated()) }

    /**
     * Makes the vectors of all upserted items that have none: milliseconds an item with a sentence encoder. Searches go on
     * meanwhile, and find the items by meaning as their vectors are written. When it is cancelled, what was made stays. With
     * a pack that cannot make vectors ([LiveDiagnostics.makesVectors]) there is nothing to do.
     *
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [Engine.close].
     * @sample io.github.gensr.samples.upsertItems
     */
    public suspend fun run(): Unit = calls.long { native.run(it) }

    /**
     * As [run], for as long as the flow is collected, with how far it is some ten times a second; the end of the flow is the
     * end of the job. It waits for no collector.
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
 * How far a [VectorJob] is.
 *
 * @property done Vectors that it has made.
 * @property of Vectors that there were to make; more where others changed the catalogue meanwhile.
 */
public data class VectorProgress(
    public val done: Int,
    public val of: Int,
)
