package io.github.gensr

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger

class InstallTest {
    @TempDir
    lateinit var folder: File
    private lateinit var home: File

    @BeforeEach
    fun copy() {
        home = File(TestData.demo).copyTo(File(folder, "shop.gensr"))
    }

    private fun Hit.inOtherShop() = Hit(id.replace('g', 'h'), title, score, highlights, attributes, reasons)

    private fun of(pack: String) = InstallRequest(File(pack), TestData.sha256(pack))

    @Test
    fun `packs change while coroutines search, and no call fails`() = test {
        Engine.open(home.path).use { engine ->
            engine.record(Event("g3919", "view", 1_000))
            val request = SearchRequest("tent") { history(History.Empty) }
            val expected = engine.search(request).hits
            val packs = mapOf('g' to expected, 'h' to expected.map { it.inOtherShop() })
            val ids = mutableListOf(engine.diagnostics().packId)
            val done = AtomicBoolean()
            val answers = AtomicInteger()
            val searching = List(6) {
                async(Dispatchers.Default) {
                    while (!done.get()) {
                        val hits = engine.search(request).hits
                        assertEquals(packs[hits[0].id[0]], hits, "wholly from the one pack or the other")
                        answers.incrementAndGet()
                    }
                }
            }
            for (pack in listOf(TestData.other, TestData.demo, TestData.other)) {
                val before = answers.get()
                while (answers.get() < before + 6) Thread.yield()
                val installed = engine.install(of(pack))
                assertEquals(ids.last(), installed.previousPackId)
                assertEquals(engine.diagnostics().packId, installed.packId)
                val events = installed.run { listOf(events, dormant, deactivated, reactivated) }
                assertEquals(if (pack == TestData.other) listOf(1, 1, 1, 0) else listOf(1, 0, 0, 1), events)
                assertEquals(if (pack == TestData.other) 'h' else 'g', engine.search(request).ids.first().first())
                assertArrayEquals(File(pack).readBytes(), home.readBytes())
                ids += installed.packId
            }
            done.set(true)
            searching.awaitAll()
            assertEquals(2, ids.toSet().size)
            assertEquals("Another shop", engine.diagnostics().catalogue)
            assertEquals(ids.last(), engine.install(of(TestData.other)).packId, "once more changes nothing")
        }
        Engine.open(home.path).use { assertEquals("Another shop", it.diagnostics().catalogue) }
    }

    @Test
    fun `what cannot be installed changes nothing`() = test {
        Engine.open(home.path).use { engine ->
            val before = engine.search("tent").hits
            val garbage = File(folder, "garbage").apply { writeText("not a pack") }
            val hash = TestData.sha256(TestData.other)
            val wrong = hash.reversed()
            thrownBy<GensrException.BadPack> { engine.install(InstallRequest(File(TestData.other), wrong)) }
            thrownBy<GensrException.BadPack> { engine.install(of(garbage.path)) }
            thrownBy<GensrException.Incompatible> { engine.install(of(TestData.newer)) }
            for (odd in listOf("", "abc", hash.dropLast(1) + "x", "$hash ", "\ud800")) {
                thrownBy<GensrException.InvalidArgument> { engine.install(InstallRequest(File(TestData.other), odd)) }
            }
            thrownBy<GensrException.InvalidArgument> { engine.install(InstallRequest(File(folder, "none"), hash)) }
            assertEquals(before, engine.search("tent").hits)
            assertArrayEquals(File(TestData.demo).readBytes(), home.readBytes())
            assertEquals(setOf("shop.gensr", "garbage"), folder.list()!!.toSet())
        }
    }

    @Test
    fun `a destination is another file`() = test {
        val other = File(folder, "other.gensr")
        Engine.open(home.path).use { engine ->
            val id = engine.install(of(TestData.other).copy(destination = other)).packId
            assertNotEquals(id, Engine.open(home.path).use { it.diagnostics().packId })
            assertEquals(id, Engine.open(other.path).use { it.diagnostics().packId })
        }
    }

    @Test
    fun `an installation that is cancelled ends, and the old pack answers`() = test {
        Engine.open(home.path).use { engine ->
            // A pack that is tried before it is put in place, and never answers.
            val installing = launch(Dispatchers.Default) { engine.install(of(TestData.endless)) }
            engine.awaitRunning(1)
            assertEquals(10, engine.search("tent").hits.size)
            installing.cancelAndJoin()
            assertEquals(0, engine.diagnostics().callsRunning)
            assertEquals(10, engine.search("tent").hits.size)
            assertArrayEquals(File(TestData.demo).readBytes(), home.readBytes())
            assertTrue(folder.list()!!.single() == "shop.gensr")
        }
    }
}
