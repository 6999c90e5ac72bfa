package io.github.gensr

import java.io.File
import java.security.MessageDigest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/**
 * How an engine runs. The defaults suit phones, but for the profile: without a folder the history ends with the engine.
 *
 * @property profileDirectory Folder of the user's history, made where it is missing. One engine at a time has it open, so
 *   give each user, and each process, one of its own. On Android a folder in `context.noBackupFilesDir` keeps the history
 *   out of backups. `null`: the history is in memory only.
 * @property threads Threads inside one operator of a graph, 1 to 64. The graphs are small: more than one rarely pays.
 * @property onnxruntimePath Path of ONNX Runtime's shared library. `null`: the environment variable `ORT_DYLIB_PATH`, else
 *   the platform's usual name, which is right on Android with the library in the app. The first engine of a process
 *   decides for all.
 * @property maxEvents Most events that are kept, 1 to 100,000: the oldest are erased for new ones. `null` is 100,000.
 * @property maxAge How long events are kept, in whole days, 1 to 36,500; `null` is for good.
 * @property key What encrypts the history at rest: 32 random bytes, on Android from a place that the Keystore guards. It needs
 *   a native library with SQLCipher (the feature `sqlcipher` of `gensr-ffi`), and is refused by others. The array is not
 *   copied: overwrite it when [Engine.open] has returned. `null` leaves the history plain.
 * @property accelerator What graphs run on beside the processor. One that this ONNX Runtime does not have is refused.
 * @property osBuild What tells this build of the operating system from the next: when it changes, what accelerators have
 *   compiled and what [Accelerator.AUTO] has found is made anew. At most 1,024 bytes. `null`: what the system says to Java;
 *   on Android, with the entry points that take a context, `Build.FINGERPRINT`, which changes with every update.
 */
public data class EngineOptions(
    public val profileDirectory: File? = null,
    public val threads: Int = 1,
    public val onnxruntimePath: String? = null,
    public val maxEvents: Int? = null,
    public val maxAge: Duration? = null,
    public val key: ByteArray? = null,
    public val accelerator: Accelerator = Accelerator.CPU,
    public val osBuild: String? = null,
) {
    /** Whether all options are the same, the key by its bytes. */
    override fun equals(other: Any?): Boolean = other is EngineOptions && withoutKey() == other.withoutKey() &&
        MessageDigest.isEqual(key, other.key)

    /** Of all options but the key: it says nothing of it, and stays when that is overwritten. */
    override fun hashCode(): Int = withoutKey().hashCode()

    /** All options but the key, of which it says only that there is one. */
    override fun toString(): String =
        "EngineOptions(profileDirectory=$profileDirectory, threads=$threads, onnxruntimePath=$onnxruntimePath, " +
            "maxEvents=$maxEvents, maxAge=$maxAge, encrypted=${key != null}, accelerator=$accelerator, osBuild=$osBuild)"

    private fun withoutKey() =
        listOf(profileDirectory, threads, onnxruntimePath, maxEvents, maxAge, accelerator, osBuild)

    /** Makes [EngineOptions] where there are no named arguments: in Java. */
    public class Builder {
        private var options = EngineOptions()

        /** Folder of the user's history; in memory only where this is not called. */
        public fun profileDirectory(folder: File): Builder = with { copy(profileDirectory = folder) }

        /** Threads inside one operator of a graph, 1 to 64; 1 where this is not called. */
        public fun threads(threads: Int): Builder = with { copy(threads = threads) }

        /** Path of ONNX Runtime's shared library. */
        public fun onnxruntimePath(path: String): Builder = with { copy(onnxruntimePath = path) }

        /** Most events that are kept, 1 to 100,000. */
        public fun maxEvents(events: Int): Builder = with { copy(maxEvents = events) }

        /** Days that events are kept, 1 to 36,500; for good where this is not called. */
        public fun maxAgeDays(days: Int): Builder = with { copy(maxAge = days.days) }

        /** What encrypts the history at rest: 32 random bytes, not copied. */
        public fun key(key: ByteArray): Builder = with { copy(key = key) }

        /** What graphs run on beside the processor; nothing where this is not called. */
        public fun accelerator(accelerator: Accelerator): Builder = with { copy(accelerator = accelerator) }

        /** What tells this build of the operating system from the next. */
        public fun osBuild(build: String): Builder = with { copy(osBuild = build) }

        /** The options. */
        public fun build(): EngineOptions = options

        private fun with(change: EngineOptions.() -> EngineOptions) = apply { options = options.change() }
    }
}
