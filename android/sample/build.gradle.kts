plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.compose)
}

val checkout: File = rootDir.parentFile

android {
    namespace = "io.github.gensr.sample"
    compileSdk = libs.versions.compileSdk.get().toInt()

    defaultConfig {
        applicationId = "io.github.gensr.sample"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.compileSdk.get().toInt()
        versionCode = 1
        versionName = checkout.resolve("VERSION").readText().trim()
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
        // JNA and ONNX Runtime bring more than the engine has.
        ndk { abiFilters.addAll(providers.gradleProperty("gensr.abis").get().split(',').map { it.trim() }) }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            // No rules of its own: those of the library travel in its AAR.
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
            // It is tried out, not shipped.
            signingConfig = signingConfigs.getByName("debug")
        }
    }

    // A compressed asset could not be mapped.
    androidResources { noCompress.add("gensr") }

    buildFeatures { compose = true }

    sourceSets {
        // Models know nothing of Android, screens nothing but Compose: android/sample/pom.xml and screens.pom.xml test them.
        named("main") {
            kotlin.directories.add("src/models/kotlin")
            kotlin.directories.add("src/screens/kotlin")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

dependencies {
    implementation(project(":gensr"))
    implementation(libs.coroutines.android)
    implementation(platform(libs.compose.bom))
    implementation(libs.compose.foundation)
    implementation(libs.compose.material3)
    implementation(libs.activity.compose)
    implementation(libs.lifecycle.viewmodel)

    androidTestImplementation(libs.junit4)
    androidTestImplementation(libs.test.runner)
    androidTestImplementation(libs.test.junit)
}

/** The demo pack as an asset; the repository has it once. */
abstract class CopyPack : DefaultTask() {
    @get:InputFile
    @get:PathSensitive(PathSensitivity.NAME_ONLY)
    abstract val pack: RegularFileProperty

    @get:OutputDirectory
    abstract val assets: DirectoryProperty

    @TaskAction
    fun copy() {
        val file = pack.get().asFile
        file.copyTo(assets.get().file(file.name).asFile, overwrite = true)
    }
}

val copyPack = tasks.register<CopyPack>("copyPack") {
    pack = checkout.resolve("models/demo/demo.gensr")
}

androidComponents {
    onVariants { variant -> variant.sources.assets?.addGeneratedSourceDirectory(copyPack, CopyPack::assets) }
}
