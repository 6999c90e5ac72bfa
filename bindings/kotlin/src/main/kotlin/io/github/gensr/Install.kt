package io.github.gensr

import java.io.File

/**
 * A pack to install.
 *
 * @property pack The new pack, as it was downloaded. It is copied: it may be deleted afterwards.
 * @property expectedSha256 SHA-256 of the whole file, 64 hex digits, from somebody whom the app trusts, by a way that an
 *   attacker cannot change: nothing else says that the pack is genuine.
 * @property destination Where the pack is to be; `null` is over the file that the engine was opened from. Needed where that
 *   is not a file of its own: an asset in an APK.
 * @sample io.github.gensr.samples.install
 */
public data class InstallRequest @JvmOverloads constructor(
    public val pack: File,
    public val expectedSha256: String,
    public val destination: File? = null,
)

/**
 * What an installation changed.
 *
 * @property previousPackId Id of the pack that was replaced.
 * @property packId Id of the pack that answers now; the same where it was there already.
 * @property events Recorded events that the engine reads.
 * @property dormant Those of them whose items the new pack does not know. They are kept.
 * @property fellAsleep Events that are dormant now and were not.
 * @property woke Events that were dormant and are not any more.
 */
@ConsistentCopyVisibility
public data class Installed internal constructor(
    public val previousPackId: String,
    public val packId: String,
    public val events: Int,
    public val dormant: Int,
    public val fellAsleep: Int,
    public val woke: Int,
)
