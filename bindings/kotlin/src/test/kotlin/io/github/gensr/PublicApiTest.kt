package io.github.gensr

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File

/** The public API is kept in a file, so that no change to it goes unnoticed. */
class PublicApiTest {
    private val dump = File(TestData.root, "bindings/kotlin/api/gensr.api")

    private val current: String = run {
        val folder = File(Engine::class.java.protectionDomain.codeSource.location.toURI())
        val classes = folder.walk().filter { it.extension == "class" }.toList()
        val generated = AbiFilters(emptySet(), setOf("io.github.gensr.ffi.**"), emptySet(), emptySet())
        StringBuilder().also { AbiTools.getInstance().printJvmDump(it, classes, generated) }.toString()
    }

    @Test
    fun `the public API is the one in the dump`() {
        if (java.lang.Boolean.getBoolean("gensr.dump.api")) dump.writeText(current)
        assertEquals(dump.readText(), current, "where the change is meant: scripts/test-kotlin --dump-api")
    }

    @Test
    fun `nothing generated is in the public API, and nothing that API level 24 lacks`() {
        assertEquals(emptyList<String>(), current.lines().filter { "gensr/ffi" in it || "java/time" in it || "java/nio" in it })
    }
}
