package io.github.gensr

import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/**
 * Options of an engine. The defaults suit phones, except for the profile: without a folder the history ends with the engine.
 *
 * @property profileDirectory Folder of the user's history, created if missing. Only one engine at a time can open it, so
 *   give each user, and each process, its own. On Android a folder in `context.noBackupFilesDir` keeps the history out of
 *   backups. `null` keeps the history in memory only.
 * @property threads Threads inside one operator of a graph, 1 to 64. The graphs are small: more than one rarely pays.
 * @property onnxruntimePath Path of ONNX Runtime's shared library. `null` is the environment variable `ORT_DYLIB_PATH`, else
 *   the platform's usual name, which is right on Android with the library in the app. The first engine of a process decides
 *   for all.
 * @property maxEvents Events to keep, 1 to 100,000; the oldest are erased for new ones. `null` is 100,000.
 * @property maxAge How long events are kept, in whole days, 1 to 36,500; `null` is forever.
 * @property key 32 random bytes that encrypt the history at rest, on Android from storage that the Keystore protects. It
 *   needs a native library with SQLCipher (the feature `sqlcipher` of `gensr-ffi`), and is refused by others. The array is
 *   not copied: overwrite it when [Engine.open] has returned. `null` leaves the history plain.
 * @property provider Execution provider of the graphs. One that this ONNX Runtime does not have is refused.
 * @sample io.github.gensr.samples.open
 */
public class EngineOptions private constructor(builder: Builder) {
    public val profileDirectory: File? = builder.profileDirectory
    public val threads: Int = builder.threads
    public val onnxruntimePath: String? = builder.onnxruntimePath
    public val maxEvents: Int? = builder.maxEvents
    public val maxAge: Duration? = builder.maxAge
    public val key: ByteArray? = builder.key
    public val provider: ExecutionProvider = builder.provider

    @JvmOverloads
    public constructor(profileDirectory: File? = null, build: Builder.() -> Unit = {}) :
        this(Builder().profileDirectory(profileDirectory).apply(build))

    /** The same options for another folder. */
    internal fun inDirectory(folder: File): EngineOptions {
        val from = this
        return EngineOptions(folder) {
            threads(from.threads).onnxruntimePath(from.onnxruntimePath).maxEvents(from.maxEvents).maxAge(from.maxAge)
            key(from.key).provider(from.provider)
        }
    }

    /** Sets the fields of [EngineOptions]; each is described there. A field that is not set has its default. */
    public class Builder {
        internal var profileDirectory: File? = null
        internal var threads = 1
        internal var onnxruntimePath: String? = null
        internal var maxEvents: Int? = null
        internal var maxAge: Duration? = null
        internal var key: ByteArray? = null
        internal var provider = ExecutionProvider.CPU

        /** [EngineOptions.profileDirectory]. */
        public fun profileDirectory(folder: File?): Builder = apply { profileDirectory = folder }

        /** [EngineOptions.threads]; 1 by default. */
        public fun threads(threads: Int): Builder = apply { this.threads = threads }

        /** [EngineOptions.onnxruntimePath]. */
        public fun onnxruntimePath(path: String?): Builder = apply { onnxruntimePath = path }

        /** [EngineOptions.maxEvents]. */
        public fun maxEvents(events: Int?): Builder = apply { maxEvents = events }

        /** [EngineOptions.maxAge]. */
        public fun maxAge(age: Duration?): Builder = apply { maxAge = age }

        /** [EngineOptions.maxAge] for Java. */
        public fun maxAgeDays(days: Int): Builder = maxAge(days.days)

        /** [EngineOptions.key]; not copied. */
        public fun key(key: ByteArray?): Builder = apply { this.key = key }

        /** [EngineOptions.provider]; the processor by default. */
        public fun provider(provider: ExecutionProvider): Builder = apply { this.provider = provider }

        /** The options. */
        public fun build(): EngineOptions = EngineOptions(this)
    }
}
