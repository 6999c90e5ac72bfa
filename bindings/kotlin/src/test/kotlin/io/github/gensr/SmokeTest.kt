package io.github.gensr

import io.github.gensr.ffi.Engine
import io.github.gensr.ffi.Event
import io.github.gensr.ffi.GensrException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

/** The generated binding reaches the engine, and errors come back as types. */
class SmokeTest {
    private val demo: Path = Path.of(System.getProperty("gensr.demo.pack"))

    private fun openDemo(profile: Path? = null): Engine {
        assumeTrue(Files.exists(demo), "no demo pack: make demo-pack")
        return Engine.open(demo.toString(), profile?.toString())
    }

    @Test
    fun `opens the demo pack`() = openDemo().use { engine ->
        val diagnostics = engine.diagnostics()
        assertTrue(diagnostics.items > 1000u, "items: ${diagnostics.items}")
        assertEquals(64, diagnostics.packId.length)
    }

    @Test
    fun `finds, records and suggests`(@TempDir profile: Path) = openDemo(profile).use { engine ->
        val found = engine.search("tent", 5u).hits
        assertEquals(5, found.size)
        assertTrue(found.all { it.title.isNotEmpty() })
        assertEquals(found.sortedByDescending { it.score }.map { it.id }, found.map { it.id })

        val before = engine.recommend(10u).hits.map { it.id }
        found.forEach { engine.record(Event(it.id, "view")) }
        val after = engine.recommend(10u).hits.map { it.id }
        assertEquals(10, after.size)
        assertFalse(after == before, "what was recorded changes what is suggested")
        assertTrue(after.none { id -> found.any { it.id == id } }, "what was seen is not suggested again")

        engine.clearHistory()
        assertEquals(before, engine.recommend(10u).hits.map { it.id })
    }

    @Test
    fun `a file that is no pack is refused with a reason`(@TempDir folder: Path) {
        val file = Files.write(folder.resolve("odd.gensr"), "not a pack".toByteArray())
        val error = assertThrows<GensrException.BadPack> { Engine.open(file.toString()) }
        assertFalse(error.reason.isEmpty())
    }

    @Test
    fun `numbers out of bounds are refused`() = openDemo().use { engine ->
        for (limit in listOf(0u, 1001u, UInt.MAX_VALUE)) {
            assertThrows<GensrException.InvalidArgument> { engine.search("tent", limit) }
        }
    }

    @Test
    fun `calls after shutdown are refused`() = openDemo().use { engine ->
        engine.shutdown()
        engine.shutdown()
        assertThrows<GensrException.Closed> { engine.diagnostics() }
        Unit
    }
}
