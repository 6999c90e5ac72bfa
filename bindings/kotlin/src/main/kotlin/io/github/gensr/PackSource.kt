package io.github.gensr

import java.io.File

/** Where the pack is. It is mapped into memory, not read: open costs the same for large packs, and pages are shared. */
public sealed class PackSource {

    /**
     * A file of its own. Replace it by renaming another one over it; never write into it while an engine has it open.
     *
     * @property path Its path.
     */
    public data class Path(public val path: String) : PackSource() {
        public constructor(file: File) : this(file.path)
    }

    /**
     * A part of an open file. This is how a pack inside an APK is opened without a copy; the asset must be stored
     * uncompressed (`androidResources { noCompress += "gensr" }`):
     *
     * ```kotlin
     * val engine = context.assets.openFd("shop.gensr").use { asset ->
     *     Engine.open(
     *         PackSource.Descriptor(asset.parcelFileDescriptor.fd, asset.startOffset, asset.length),
     *         EngineOptions(profileDirectory = File(context.noBackupFilesDir, "gensr")),
     *     )
     * }
     * ```
     *
     * Where a provider does not know the length (`AssetFileDescriptor.UNKNOWN_LENGTH`), pass `null`.
     *
     * @property fd An open, readable descriptor. It is duplicated: yours may be closed as soon as open has returned.
     * @property offset Where the pack begins, in bytes; 0 or more.
     * @property length How long it is, in bytes; 0 or more, `null` is to the end of the file.
     */
    public data class Descriptor @JvmOverloads constructor(
        public val fd: Int,
        public val offset: Long = 0,
        public val length: Long? = null,
    ) : PackSource()

    public companion object {

        /**
         * What to open at start in an app that comes with a pack and installs newer ones: the installed pack, unless there is
         * none yet, it cannot be opened, or an update of the app brought newer tables.
         *
         * @param installed The destination of [InstallRequest].
         * @param bundled The pack that the app came with.
         * @throws GensrException As [Engine.open], for the bundled pack only.
         * @sample io.github.gensr.samples.newest
         */
        public suspend fun newest(installed: File, bundled: PackSource): PackSource =
            NativeCalls().short { newestPack(installed, bundled) }
    }
}
