package io.github.gensr

import java.io.File

/**
 * A pack to install.
 *
 * @property pack The downloaded pack. It is copied: it may be deleted afterwards.
 * @property expectedSha256 SHA-256 of the whole file, 64 hex digits, from a trusted source over a channel that an attacker
 *   cannot change: it is the only proof that the pack is genuine.
 * @property destination Where to put the pack; `null` replaces the file that the engine was opened from. Required if that
 *   is an asset in an APK.
 * @sample io.github.gensr.samples.install
 */
public data class InstallRequest @JvmOverloads constructor(
    public val pack: File,
    public val expectedSha256: String,
    public val destination: File? = null,
)

/**
 * Result of an installation.
 *
 * @property previousPackId Id of the pack that was replaced.
 * @property packId Id of the pack in use now; the same where it was installed already.
 * @property events Recorded events that the engine reads.
 * @property dormant Those of them whose items are not in the new pack. They are kept.
 * @property deactivated Events that became dormant.
 * @property reactivated Events that are no longer dormant.
 */
public class Installed internal constructor(
    public val previousPackId: String,
    public val packId: String,
    public val events: Int,
    public val dormant: Int,
    public val deactivated: Int,
    public val reactivated: Int,
)
