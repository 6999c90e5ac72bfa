package io.github.gensr

import io.github.gensr.samples.*
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.flowOf
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream

/** Samples of the README and the KDoc are compiled, run, and do what the text around them says. */
class DocumentationTest {
    @TempDir
    lateinit var folder: File

    private val sources = File(TestData.root, "bindings/kotlin/src")

    @Test
    fun `the READMEs show the samples that are tested here`() = test {
        val source = File(sources, "test/kotlin/io/github/gensr/samples/ReadmeSample.kt").readText()
        val marks = mapOf("README.md" to "README", "docs/typing.md" to "TYPING", "bindings/kotlin/README.md" to "README KOTLIN")
        for ((readme, mark) in marks) {
            val samples = source.split("    // $mark\n").chunked(2).mapNotNull { it.getOrNull(1)?.trimIndent()?.trimEnd() }
            val blocks = File(TestData.root, readme).readText().split("```kotlin\n").drop(1).map { it.substringBefore("```") }
            assertEquals(samples, blocks.map { it.trimEnd() })
        }

        val out = System.out
        val printed = ByteArrayOutputStream()
        System.setOut(PrintStream(printed, true))
        val history = try {
            readme(TestData.demo, folder)
        } finally {
            System.setOut(out)
        }
        assertEquals(10, printed.toString().lines().count { Regex("""g\d{4}  \S.*""").matches(it) })
        assertEquals(listOf("view" to printed.toString().take(5)), history.map { it.kind to it.itemId })
    }

    @Test
    fun `the page on typing shows the ranking last`() = onDemo { engine ->
        val shown = mutableListOf<List<String>>()
        readmeTyping(engine, flowOf("ten", "tent")) { hits -> shown += hits.map { it.id } }
        assertEquals(engine.search("tent").ids, shown.last())
    }

    @Test
    fun `the other README's controls and items do what they say`() = onDemo { engine ->
        engine.recordMany(listOf(Event("g0001", "view"), Event("g0003", "view")))
        assertEquals(emptyList<RecordedEvent>(), readmeControls(engine, File(folder, "history")))
        assertEquals(1, File(folder, "history").readLines().size)
        var shown: VectorProgress? = null
        assertEquals(listOf("Flimmerbock stove", null), readmeItems(engine) { shown = it }.map { it?.title })
        val last = shown!!
        assertEquals(last.total, last.done)
    }

    @Test
    fun `every sample that is named exists, and every call of the engine names one`() {
        val samples = Regex("""internal (?:suspend )?fun (\w+)""")
            .findAll(File(sources, "test/kotlin/io/github/gensr/samples/Samples.kt").readText())
            .mapTo(mutableSetOf()) { it.groupValues[1] }
        val main = File(sources, "main/kotlin").walk().filter { it.isFile }.associate { it.name to it.readText() }
        val named = main.values.flatMap { Regex("""@sample io\.github\.gensr\.samples\.(\w+)""").findAll(it) }
            .mapTo(mutableSetOf()) { it.groupValues[1] }
        assertEquals(samples, named)

        val calls = Regex("""(/\*\*(?:(?!\*/).)*\*/)\s*(?:public suspend|override|public) fun (\w+)""", RegexOption.DOT_MATCHES_ALL)
            .findAll(main.getValue("Engine.kt")).toList()
        assertTrue(calls.isNotEmpty())
        assertEquals(emptyList<String>(), calls.filterNot { "@sample" in it.groupValues[1] || it.groupValues[2] == "futures" })
    }

    @Test
    fun `the samples that open`() = test {
        assertEquals(10, tour(TestData.demo, folder).size)
        open(TestData.demo, folder).use { assertEquals(1, it.history().size) }
        val pack = branchOnErrors(TestData.demo)!!
        pack.close()
        assertThrows(GensrException.Closed::class.java) { kotlinx.coroutines.runBlocking { pack.history() } }
        assertNull(branchOnErrors(TestData.newer))
        assertEquals(10, close(TestData.demo).hits.size)
    }

    @Test
    fun `the samples that ask`() = onDemo { engine ->
        val found = engine.search("light shell")
        assertEquals(found.hits.map { it.title }, search(engine))
        val first = found.ids.take(2)
        val wanted = searchRequest(engine, inBasket = first)
        assertTrue(wanted.hits.size == 20 && wanted.ids.none { it in first })
        assertTrue(wanted.hits.all { (it.attributes["price"] as AttributeValue.Number).value < 150 })
        val brand = (wanted.hits[0].attributes["brand"] as AttributeValue.Text).value
        assertTrue(wanted.ids[0] in quote(engine, brand).ids)
        assertTrue(facets(engine).first().matches(Regex(""".+ \(\d+\)""")))
        assertTrue(complete(engine, "te").let { it.size == 5 && it.all { text -> Regex("""\b[Tt]e""") in text } })
        assertTrue(Regex("""\[\w+]""").containsMatchIn(highlights(found.hits[0])))
        assertEquals(found.hits[0].title, highlights(found.hits[0]).replace(Regex("[\\[\\]]"), ""))
        val shown = mutableListOf<List<Hit>>()
        typing(engine, flowOf("light shell"), shown::add)
        assertEquals(engine.search("light shell", 20).hits, shown.last())
        typingSession(engine, shown::add)
        assertEquals(engine.search("tent").hits, shown.last())
        assertTrue(Regex("brand: .+, price: .+").matches(attributes(wanted.hits[0])))
        assertEquals(engine.recommend(5).hits.map { it.title }, recommend(engine))
        assertTrue(recommendRequest(engine, first).ids.none { it in first })
        assertEquals(engine.similar(first[0], 5).hits.map { it.title }, similar(engine, first[0]))
        assertTrue(similarRequest(engine, first[0], listOf(first[1])).ids.none { it in first })
        val items = engine.diagnostics().items
        assertTrue(": $items items, gensr" in diagnostics(engine))
    }

    @Test
    fun `the samples that record and tidy up`() = onDemo { engine ->
        val hit = engine.search("light shell").hits[0]
        record(engine, hit)
        recordMany(engine, listOf("g0001" to 1L))
        assertEquals(listOf("buy g0001", "dislike g0002", "search ${hit.id}", "view ${hit.id}"), history(engine))
        val file = File(folder, "history")
        onDemo { other -> assertEquals(4, exportHistory(engine, other, file)) }
        assertEquals(10, incognito(engine).size)
        recordMany(engine, listOf("g0003" to 2L))
        forget(engine)
        assertEquals(listOf("g0001"), engine.history().map { it.itemId })
        clearHistory(engine)
        assertEquals(emptyList<String>(), history(engine))
        val key = ByteArray(32) { 7 }
        assertThrows(GensrException.InvalidArgument::class.java) { kotlinx.coroutines.runBlocking { rotateKey(engine, key) } }
        assertEquals(0, key.sum(), "it is wiped")
        trimMemory(engine)
        assertFalse(engine.diagnostics().providers.any { it.graph == "text" })
        coroutineScope { warmUp(engine, this).join() }
        assertTrue(GraphProvider("decoder", "cpu") in engine.diagnostics().providers)
    }

    @Test
    fun `the samples that change the catalogue`() = test {
        val home = File(TestData.demo).copyTo(File(folder, "shop.gensr"))
        open(home.path, folder).use { engine ->
            assertEquals(1, upsertItems(engine))
            assertEquals("s1", engine.search("flimmerbock").ids.first())
            val shown = mutableListOf<String>()
            upsertProgress(engine.pendingVectors(), shown::add)
            assertEquals(listOf("0 of 0"), shown)
            assertEquals(1, removeItems(engine, listOf("g0002")))
            assertEquals(listOf("Flimmerbock stove", "no longer sold"), items(engine, listOf("s1", "g0002")))
            pendingVectors(engine)
            val downloaded = File(TestData.other).copyTo(File(folder, "downloaded"))
            assertEquals(engine.diagnostics().packId, install(engine, downloaded, TestData.sha256(TestData.other))!!.previousPackId)
            assertFalse(downloaded.exists())
            assertEquals("Another shop", engine.diagnostics().catalogue)
            for (installed in listOf(home, File(folder, "none"), File(TestData.newer))) {
                newest(installed, PackSource.Path(TestData.demo)).use { started ->
                    assertEquals(if (installed == home) "h" else "g", started.search("tent").ids.first().take(1))
                }
            }
            assertNull(install(engine, home.copyTo(downloaded), "0".repeat(64)))
        }
    }
}
