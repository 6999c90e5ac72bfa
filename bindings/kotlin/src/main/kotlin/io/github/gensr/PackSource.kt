package io.github.gensr

import java.io.File

/** Location of a pack. It is mapped into memory, so opening costs the same for large packs, and pages are shared. */
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
     * @property offset First byte of the pack; 0 or more.
     * @property length Its length in bytes; 0 or more, `null` is to the end of the file.
     */
    public data class Descriptor @JvmOverloads constructor(
        public val fd: Int,
        public val offset: Long = 0,
        public val length: Long? = null,
    ) : PackSource()

    public companion object {

        /**
         * The pack to open when an app starts that has a bundled pack and installs newer ones: the installed pack, unless it is
         * missing, cannot be opened, or is older than the bundled one.
         *
         * @param installed The destination of [InstallRequest].
         * @param bundled The pack in the app.
         * @throws GensrException As [Engine.open], for the bundled pack only.
         * @sample io.github.gensr.samples.newest
         */
        public suspend fun newest(installed: File, bundled: PackSource): PackSource =
            NativeCalls().short { newestPack(installed, bundled) }
    }
}
