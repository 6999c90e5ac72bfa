package io.github.gensr

import com.sun.jna.Native
import kotlinx.coroutines.Job
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import proguard.Configuration
import proguard.ConfigurationParser
import proguard.ProGuard
import java.io.File
import java.util.Properties

/** The rules that travel in the jar, without which a minified app dies at its first call. */
class ShrinkerRulesTest {
    @TempDir
    lateinit var folder: File

    private val rules = Engine::class.java.getResource("/META-INF/proguard/gensr.pro")!!.readText()

    @Test
    fun `an app that is shrunk with them lives`() {
        assertEquals(SmallApp.wanted + SmallApp.wanted, SmallApp.run(shrunk(rules).path))
    }

    @Test
    fun `without them it would not`() {
        val first = SmallApp.run(shrunk(rules = "").path).first()
        assertTrue(first.startsWith("Internal: the native library of gensr cannot be used"), first)
    }

    @Test
    fun `they keep all of JNA and of the generated binding, and touch nothing else of the app`() {
        val lines = rules.lines().filterNot { it.startsWith("#") || it.isBlank() }
        for (rule in listOf(
            "-keep class com.sun.jna.** { *; }",
            "-keep class * implements com.sun.jna.** { *; }",
            "-keep class * extends com.sun.jna.** { *; }",
            "-keepattributes RuntimeVisibleAnnotations",
            "-dontwarn java.awt.**",
            "-keep class ${io.github.gensr.ffi.Engine::class.java.packageName}.** { *; }",
        )) assertTrue(rule in lines, rule)
        assertEquals(emptyList<String>(), lines.filterNot { Regex("-(keep class|keepattributes|dontwarn) .+").matches(it) })
    }

    /**
     * The small app with all it needs, shrunk and obfuscated. ProGuard takes the rules that R8 takes, but is told of them: R8
     * finds them in the jar. It does not optimise here: what it makes of coroutines does not pass the verifier.
     */
    private fun shrunk(rules: String): File {
        val modules = File(System.getProperty("java.home"), "jmods")
        assumeTrue(modules.isDirectory, "no app is shrunk: this JDK has no folder jmods")
        val app = File(folder, "app.jar")
        val libraries = listOf(Native::class, Unit::class, Job::class).map { place(it.java) }
        val configuration = """
            -injars ${place(SmallApp::class.java)}(io/github/gensr/SmallApp*.class)
            -injars ${place(Engine::class.java)}(**.class)
            ${libraries.joinToString("\n") { "-injars $it(**.class,**.so,**.jnilib,!module-info.class,!META-INF/**)" }}
            -outjars $app
            ${listOf("base", "desktop", "logging").joinToString("\n") { "-libraryjars $modules/java.$it.jmod(**.class)" }}
            -keep class io.github.gensr.SmallAppKt { public static void main(java.lang.String[]); }
            -dontoptimize
            -dontnote **
            -dontwarn **
            $rules
        """
        val parsed = Configuration()
        ConfigurationParser(configuration, "the test", folder, Properties()).use { it.parse(parsed) }
        ProGuard(parsed).execute()
        return app
    }

    private fun place(of: Class<*>) = File(of.protectionDomain.codeSource.location.toURI())
}
