package io.github.gensr

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The rules without which a minified app dies at its first call. */
class ShrinkerRulesTest {
    private val rules = Engine::class.java.getResource("/META-INF/proguard/gensr.pro")!!.readText()
        .lines().filterNot { it.startsWith("#") || it.isBlank() }

    @Test
    fun `they keep JNA and the generated binding`() {
        for (rule in listOf(
            "-keep class com.sun.jna.** { *; }",
            "-keep class * implements com.sun.jna.** { *; }",
            "-keep class * extends com.sun.jna.** { *; }",
            "-dontwarn java.awt.**",
            "-keep class ${io.github.gensr.ffi.Engine::class.java.packageName}.** { *; }",
        )) assertTrue(rule in rules, rule)
        assertTrue(rules.any { it.startsWith("-keepattributes") && "RuntimeVisibleAnnotations" in it })
    }

    @Test
    fun `they switch nothing off for the whole app`() {
        assertEquals(emptyList<String>(), rules.filterNot { Regex("-(keep|keepattributes|dontwarn) .*").matches(it) })
        assertTrue(rules.none { it == "-dontwarn **" || it == "-keep class ** { *; }" })
    }
}
