package io.github.gensr.android

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File

/** Android's additions to the common API (`bindings/kotlin/api/gensr.api`) are kept in a file, so that no change goes unnoticed. */
class PublicApiTest {
    private val dump = File(System.getProperty("gensr.root"), "android/gensr/api/gensr-android.api")

    @Test
    fun `the public API of Android is the one in the dump`() {
        val folder = File(AndroidEngines::class.java.protectionDomain.codeSource.location.toURI())
        val classes = folder.walk().filter { it.extension == "class" }.toList()
        val own = AbiFilters(setOf("io.github.gensr.android.**"), emptySet(), emptySet(), emptySet())
        val current = StringBuilder().also { AbiTools.getInstance().printJvmDump(it, classes, own) }.toString()
        if (java.lang.Boolean.getBoolean("gensr.dump.api")) dump.writeText(current)
        assertEquals(dump.readText(), current, "where the change is meant: scripts/test-android -Dgensr.dump.api=true")
    }
}
