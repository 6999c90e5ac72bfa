package io.github.gensr.android

import android.content.Context
import android.content.res.AssetFileDescriptor
import android.os.Build
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
 * Opens a pack that is an asset of the app, where it lies in the APK: it is mapped, not copied. The context is not kept.
 *
 * @param asset Name of the asset. It must be stored uncompressed: `androidResources { noCompress += "gensr" }`.
 * @param options How the engine runs; where they name no folder for the history, it is [profileFolder], and where they do not
 *   say what the system's build is, `Build.FINGERPRINT`.
 * @param installed Destination of [Engine.install]: opened in place of the asset as [PackSource.newest] has it. `null`: the
 *   asset, whatever was installed.
 * @throws GensrException.InvalidArgument where there is no such asset, where it is compressed, or as [Engine.open].
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
        // Not handed out of the block: a caller that leaves meanwhile would lose it, open.
        withContext(Dispatchers.IO) { descriptor = uncompressed(context, asset) }
        val bundled = checkNotNull(descriptor).packSource()
        val source = if (installed == null) bundled else PackSource.newest(installed, bundled)
        return open(source, options.onDevice(context))
    } finally {
        descriptor?.close()
    }
}

/**
 * Opens a pack that is a part of an open file: an asset, a raw resource, what a content provider hands out. The descriptor
 * may be closed as soon as this has returned; the context is not kept.
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
 * Opens a pack that is a file of its own: downloaded, or of an asset pack of Play. The context is not kept.
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
 * The folder of a history that neither backups nor transfers to another device take along. It is made by the engine.
 *
 * @param name Its name below `noBackupFilesDir`: one for each user of the app, and for each of its processes.
 */
public suspend fun profileFolder(context: Context, name: String = "gensr"): File =
    // The system makes the folder above it when it is asked for it.
    withContext(Dispatchers.IO) { File(context.noBackupFilesDir, name) }

/** The part of a file that this is, as the engine takes it. It is valid until this is closed. */
public fun AssetFileDescriptor.packSource(): PackSource.Descriptor = PackSource.Descriptor(
    fd = parcelFileDescriptor.fd,
    offset = startOffset,
    length = length.takeUnless { it == AssetFileDescriptor.UNKNOWN_LENGTH },
)

/** What these options leave open, as this device has it. */
internal suspend fun EngineOptions.onDevice(context: Context): EngineOptions = copy(
    profileDirectory = profileDirectory ?: profileFolder(context),
    // An update of the system, a driver's too, may make other than what an accelerator was found to be. The kernel, which is
    // all that the common layer sees, can be the same after it.
    osBuild = osBuild ?: Build.FINGERPRINT,
)

private fun uncompressed(context: Context, asset: String): AssetFileDescriptor = try {
    context.assets.openFd(asset)
} catch (_: FileNotFoundException) {
    // The system has the same exception for an asset that is not there and for one that is compressed.
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
