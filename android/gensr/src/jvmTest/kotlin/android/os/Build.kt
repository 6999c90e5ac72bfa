package android.os

/** In place of the system's, which asks native code as soon as it is loaded. */
@Suppress("unused")
object Build {
    @JvmField
    val FINGERPRINT: String = "maker/phone/phone:16/BP2A.250605.015/1:user/release-keys"
}
