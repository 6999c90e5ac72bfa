// Kotlin is compiled by the Android plugin itself; the Kotlin plugin is named, and not applied, so that its version is ours and
// not the older one that the Android plugin brings. The Compose compiler must have the same.
plugins {
    alias(libs.plugins.android.library) apply false
    alias(libs.plugins.android.application) apply false
    alias(libs.plugins.android.test) apply false
    alias(libs.plugins.kotlin.android) apply false
    alias(libs.plugins.kotlin.compose) apply false
    alias(libs.plugins.dokka) apply false
    alias(libs.plugins.maven.publish) apply false
}
