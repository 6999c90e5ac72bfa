package io.github.gensr

import io.github.gensr.ffi.ByteRange
import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The engine counts bytes of UTF-8; a `String` counts units of UTF-16. */
class HighlightsTest {
    private val texts = listOf(
        "", "tent", "Tent für zwei", "cafe\u0301 fu\u0308r zwei", "🏕️ tent", "👩‍👩‍👧 tents 🏕", "山の tent", "חיפוש tent", "\u0000\u007F\u0080\u07FF\u0800\uFFFD",
    )

    @Test
    fun `every range of whole characters is found again`() {
        for (text in texts) {
            val bytes = text.encodeToByteArray()
            // Where characters begin, and the end.
            val places = (0..text.length).filter { it == text.length || !text[it].isLowSurrogate() }
            for (start in places) for (end in places.filter { it >= start }) {
                val inBytes = text.substring(0, start).encodeToByteArray().size to text.substring(0, end).encodeToByteArray().size
                val (found) = listOf(range(inBytes.first, inBytes.second)).inUtf16(text)
                assertEquals(start until end, found, text)
                assertEquals(bytes.decodeToString(inBytes.first, inBytes.second), text.substring(found))
            }
        }
    }

    @Test
    fun `several ranges ascend`() {
        val text = "🏕️ cafe\u0301 tent"
        val ranges = listOf(range(0, 4), range(8, 14), range(15, 19)).inUtf16(text)
        assertEquals(listOf("🏕", "cafe\u0301", "tent"), ranges.map { text.substring(it) })
    }

    @Test
    fun `a range that is past the end ends with the text`() {
        assertEquals(listOf(1..3), listOf(range(1, 9)).inUtf16("tent"))
    }

    @Test
    fun `a hit says which part of its title matches`() = onDemo { engine ->
        fun marked(hit: Hit) = hit.highlights.map { hit.title.substring(it).lowercase() }
        assertTrue(engine.search("tent").hits.any { "tent" in marked(it) })
        val inPart = engine.typing().use { it.type("shel").first() }.response.hits
        assertTrue(inPart.any { "shel" in marked(it) }, "of a word typed in part, the part")
        assertTrue(engine.recommend().hits.all { it.highlights.isEmpty() })
    }

    @Test
    fun `a completion says which part was typed`() = onDemo { engine ->
        for ((query, typed, parts) in listOf(
            Triple("🏕️ Zelt", "zel", listOf("Zel")),
            Triple("cafe\u0301 fu\u0308r zwei", "cafe fur", listOf("cafe\u0301", "fu\u0308r")),
            Triple("👩‍👩‍👧 mit Zelt", "mit ze", listOf("mit", "Ze")),
        )) {
            engine.clearHistory()
            engine.record(Event("g0001", "search", query = query))
            val completion = engine.complete(typed).first { it.kind == CompletionKind.QUERY }
            assertEquals(query, completion.text)
            assertEquals(parts, completion.highlights.map { query.substring(it) })
        }
    }

    private fun range(start: Int, end: Int) = ByteRange(start.toUInt(), end.toUInt())
}
