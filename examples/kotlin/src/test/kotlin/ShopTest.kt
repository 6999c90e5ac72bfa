import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.ByteArrayOutputStream
import java.io.PrintStream

class ShopTest {
    @Test
    fun `prints what it found, what it suggests and that it forgot`() {
        val blocks = printed { main(arrayOf(System.getProperty("gensr.pack"))) }.trim().split("\n\n").map { it.lines() }
        assertEquals(4, blocks.size)
        val (found, suggested, similar, erased) = blocks
        assertTrue(found[0].startsWith("search: light shell  ("))
        assertTrue(suggested[0].startsWith("suggested after two views  ("))
        assertEquals(listOf("erased: 0 events are left"), erased)

        val priced = Regex("""\s+-?\d+\D\d\d  (g\d{4})  (\S.*)  \d+\D\d\d""")
        val ids = { lines: List<String> -> lines.drop(1).map { priced.matchEntire(it)!!.groupValues[1] } }
        assertEquals(5, ids(found).size)
        assertEquals(5, ids(suggested).size)
        assertTrue(ids(suggested).none { it in ids(found).take(2) }, "what was seen is not suggested again")

        assertTrue(similar[0].startsWith("like ${priced.matchEntire(found[1])!!.groupValues[2]}  ("))
        assertEquals(5, similar.drop(1).count { Regex("""\s+-?\d+\D\d\d  g\d{4}  \S.*""").matches(it) })
    }

    private fun printed(program: () -> Unit): String {
        val out = System.out
        val bytes = ByteArrayOutputStream()
        System.setOut(PrintStream(bytes, true))
        try {
            program()
        } finally {
            System.setOut(out)
        }
        return bytes.toString()
    }
}
