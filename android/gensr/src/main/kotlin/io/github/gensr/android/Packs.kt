package io.github.gensr.android

import android.content.Context
import android.content.res.AssetFileDescriptor
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.GensrException
import io.github.gensr.PackSource
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException

/**
 * Opens a pack that is an asset of the app. It is mapped in the APK, not copied. The context is not kept.
 *
 * @param asset Name of the asset. It must be stored uncompressed: `androidResources { noCompress += "gensr" }`.
 * @param options Options; without a folder for the history it is [profileFolder].
 * @param installed Destination of [Engine.install]: [PackSource.newest] chooses between it and the asset. `null` is always the
 *   asset.
 * @throws GensrException.InvalidArgument if the asset is missing or compressed, or as [Engine.open].
 * @throws GensrException As [Engine.open].
 */
public suspend fun Engine.Companion.openAsset(
    context: Context,
    asset: String,
    options: EngineOptions = EngineOptions(),
    installed: File? = null,
): Engine {
    var descriptor: AssetFileDescriptor? = null
    try {
        // Not returned from the block: a cancelled caller would leak it.
        withContext(Dispatchers.IO) { descriptor = uncompressed(context, asset) }
        val bundled = checkNotNull(descriptor).packSource()
        val source = if (installed == null) bundled else PackSource.newest(installed, bundled)
        return open(source, options.onDevice(context))
    } finally {
        descriptor?.close()
    }
}

/**
 * Opens a pack that is a part of an open file: an asset, a raw resource, a file of a content provider. The descriptor may be
 * closed as soon as this has returned; the context is not kept.
 *
 * @param options As of [openAsset].
 * @throws GensrException As [Engine.open].
 */
public suspend fun Engine.Companion.openDescriptor(
    context: Context,
    descriptor: AssetFileDescriptor,
    options: EngineOptions = EngineOptions(),
): Engine = open(descriptor.packSource(), options.onDevice(context))

/**
 * Opens a pack file: a download, or part of an asset pack of Play. The context is not kept.
 *
 * @param options As of [openAsset].
 * @throws GensrException As [Engine.open].
 */
public suspend fun Engine.Companion.openFile(
    context: Context,
    file: File,
    options: EngineOptions = EngineOptions(),
): Engine = open(PackSource.Path(file), options.onDevice(context))

/**
 * A folder for a history, excluded from backups and device transfers. The engine creates it.
 *
 * @param name Its name below `noBackupFilesDir`: one for each user of the app, and for each of its processes.
 */
public suspend fun profileFolder(context: Context, name: String = "gensr"): File =
    // Asking for `noBackupFilesDir` may create it.
    withContext(Dispatchers.IO) { File(context.noBackupFilesDir, name) }

/** This part of a file as a [PackSource], valid until the descriptor is closed. */
public fun AssetFileDescriptor.packSource(): PackSource.Descriptor = PackSource.Descriptor(
    fd = parcelFileDescriptor.fd,
    offset = startOffset,
    length = length.takeUnless { it == AssetFileDescriptor.UNKNOWN_LENGTH },
)

/** These options with a folder for the history. */
internal suspend fun EngineOptions.onDevice(context: Context): EngineOptions =
    if (profileDirectory == null) inDirectory(profileFolder(context)) else this

private fun uncompressed(context: Context, asset: String): AssetFileDescriptor = try {
    context.assets.openFd(asset)
} catch (_: FileNotFoundException) {
    // Thrown for an asset that is missing and for one that is compressed.
    throw GensrException.InvalidArgument(
        if (isThere(context, asset)) {
            "the asset $asset is compressed, so it cannot be mapped; add to the app's build file: " +
                "android { androidResources { noCompress += \"${asset.substringAfterLast('.')}\" } }"
        } else {
            "the app has no asset $asset"
        },
    )
} catch (failed: IOException) {
    throw GensrException.Internal("the asset $asset cannot be opened", failed)
}

private fun isThere(context: Context, asset: String): Boolean = try {
    context.assets.open(asset).close()
    true
} catch (_: IOException) {
    false
}
