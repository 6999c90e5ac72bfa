import javax.inject.Inject
import org.gradle.process.ExecOperations
import org.jetbrains.kotlin.gradle.dsl.KotlinVersion

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.dokka)
    alias(libs.plugins.maven.publish)
}

val checkout: File = rootDir.parentFile
val processors: List<String> = providers.gradleProperty("gensr.abis").get().split(',').map { it.trim() }
val lowest: Int = libs.versions.minSdk.get().toInt()

android {
    namespace = "io.github.gensr.android"
    compileSdk = libs.versions.compileSdk.get().toInt()
    ndkVersion = libs.versions.ndk.get()

    defaultConfig {
        minSdk = lowest
        // The very rules that travel in the jar for the JVM.
        consumerProguardFiles(checkout.resolve("bindings/kotlin/src/main/resources/META-INF/proguard/gensr.pro"))
        // All that it names of Android is there at that level. Left out, apps would need the compileSdk that it was built with.
        aarMetadata { minCompileSdk = lowest }
    }

    sourceSets {
        // The common layer, where it lies; src/main/kotlin beside it has what is Android's own.
        named("main") { kotlin.directories.add(checkout.resolve("bindings/kotlin/src/main/kotlin").path) }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

// For apps that use the Kotlin 2.2 of Android's Gradle plugin. bindings/kotlin/pom.xml has the same.
kotlin {
    coreLibrariesVersion = libs.versions.kotlinStdlib.get()
    compilerOptions {
        languageVersion = KotlinVersion.KOTLIN_2_2
        apiVersion = KotlinVersion.KOTLIN_2_2
    }
}

dependencies {
    // Apps need to name none of these: the first brings libonnxruntime.so, which the engine loads by that name, the second
    // libjnidispatch.so. As an AAR: the plain JNA has no libraries for Android.
    api(libs.onnxruntime)
    api(variantOf(libs.jna) { artifactType("aar") })
    api(libs.coroutines.core)
}

/** Package io.github.gensr.ffi, from the boundary crate as it is now. Never committed, and never of another version. */
abstract class GenerateBindings @Inject constructor(private val processes: ExecOperations) : DefaultTask() {
    @get:InputFiles
    @get:PathSensitive(PathSensitivity.RELATIVE)
    abstract val rust: ConfigurableFileCollection

    @get:Internal
    abstract val repository: DirectoryProperty

    @get:OutputDirectory
    abstract val sources: DirectoryProperty

    @TaskAction
    fun generate() {
        processes.exec {
            workingDir(repository)
            commandLine("scripts/generate-bindings", "kotlin", sources.get().asFile.path)
        }
    }
}

/** libgensr_ffi.so for each processor. scripts/gradle brings cargo-ndk, `rustup target add` the targets. */
abstract class CargoNdk @Inject constructor(private val processes: ExecOperations) : DefaultTask() {
    @get:InputFiles
    @get:PathSensitive(PathSensitivity.RELATIVE)
    abstract val rust: ConfigurableFileCollection

    @get:Internal
    abstract val repository: DirectoryProperty

    @get:Internal
    abstract val ndk: DirectoryProperty

    @get:Input
    abstract val ndkVersion: Property<String>

    @get:Input
    abstract val abis: ListProperty<String>

    @get:Input
    abstract val platform: Property<Int>

    @get:OutputDirectory
    abstract val libraries: DirectoryProperty

    @TaskAction
    fun build() {
        val targets = abis.get().flatMap { listOf("-t", it) }
        processes.exec {
            workingDir(repository)
            environment("ANDROID_NDK_HOME", ndk.get().asFile.path)
            // The alignment to 16 KB is asked for by bindings/ffi/build.rs, which no RUSTFLAGS of the machine can switch off.
            commandLine(
                listOf("cargo", "ndk") + targets +
                    listOf("--platform", "${platform.get()}", "-o", libraries.get().asFile.path) +
                    // As `shipped` in scripts/lib.sh: a shared library alone, or cargo leaves the optimisation across crates out.
                    listOf("rustc", "--locked", "--package", "gensr-ffi", "--lib", "--crate-type", "cdylib", "--profile", "release-mobile") +
                    listOf("--no-default-features", "--features", "ort-dynamic,sqlite-bundled"),
            )
        }
    }
}

val rustSources = files(
    checkout.resolve("Cargo.lock"), checkout.resolve("Cargo.toml"), checkout.resolve("src"),
    checkout.resolve("bindings/ffi/Cargo.toml"), checkout.resolve("bindings/ffi/build.rs"),
    checkout.resolve("bindings/ffi/src"), checkout.resolve("bindings/ffi/uniffi.toml"),
)

val generateBindings = tasks.register<GenerateBindings>("generateBindings") {
    rust.from(rustSources)
    repository = checkout
}

val cargoNdk = tasks.register<CargoNdk>("cargoNdk") {
    rust.from(rustSources)
    repository = checkout
    ndk = android.sdkComponents.ndkDirectory
    ndkVersion = libs.versions.ndk
    abis = processors
    platform = lowest
}

androidComponents {
    onVariants { variant ->
        variant.sources.kotlin?.addGeneratedSourceDirectory(generateBindings, GenerateBindings::sources)
        variant.sources.jniLibs?.addGeneratedSourceDirectory(cargoNdk, CargoNdk::libraries)
    }
}

dokka {
    dokkaSourceSets.configureEach {
        samples.from(checkout.resolve("bindings/kotlin/src/test/kotlin/io/github/gensr/samples"), "src/jvmTest/kotlin/io/github/gensr/android/Samples.kt")
        perPackageOption {
            matchingRegex.set("""io\.github\.gensr\.ffi.*""")
            suppress.set(true)
        }
    }
}

// Nothing publishes to Maven Central from here: what scripts/aar has checked is signed and uploaded as it is (docs/release.md).
mavenPublishing {
    coordinates("io.github.gensr", "gensr-android", checkout.resolve("VERSION").readText().trim())
    pom {
        name = "gensr"
        description = "On-device search and recommendation from one generative model"
        url = "https://github.com/gensr/gensr"
        licenses {
            license {
                name = "Apache-2.0"
                url = "https://www.apache.org/licenses/LICENSE-2.0"
            }
        }
        developers {
            developer {
                id = "gensr"
                name = "The gensr authors"
            }
        }
        scm {
            url = "https://github.com/gensr/gensr"
            connection = "scm:git:https://github.com/gensr/gensr.git"
        }
    }
}
