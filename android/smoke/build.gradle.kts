// The minified sample from outside: an APK of its own, whose tests run in a process of their own. Inside the app they would need classes
// that the app was shrunk without.
plugins {
    alias(libs.plugins.android.test)
}

android {
    namespace = "io.github.gensr.smoke"
    compileSdk = libs.versions.compileSdk.get().toInt()
    targetProjectPath = ":sample"
    experimentalProperties["android.experimental.self-instrumenting"] = true

    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.compileSdk.get().toInt()
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
    }

    buildTypes {
        create("minified") {
            isDebuggable = true
            signingConfig = signingConfigs.getByName("debug")
            // Of the sample, which has no build type of this name.
            matchingFallbacks += "release"
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

androidComponents {
    beforeVariants { it.enable = it.buildType == "minified" }
}

dependencies {
    implementation(libs.junit4)
    implementation(libs.test.runner)
    implementation(libs.test.junit)
    implementation(libs.test.uiautomator)
}
