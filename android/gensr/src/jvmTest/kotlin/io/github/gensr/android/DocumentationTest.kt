package io.github.gensr.android

import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.plus
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** Samples of docs/android.md are compiled, run, and do what the text around them says. */
class DocumentationTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `the page shows the samples that are tested here`() {
        val source = File(root, "android/gensr/src/jvmTest/kotlin/io/github/gensr/android/Samples.kt").readText()
        fun samples(mark: String) =
            source.split(Regex(" *// $mark\n")).chunked(2).mapNotNull { it.getOrNull(1)?.trimIndent()?.trimEnd() }
        fun blocks(page: String) = File(root, page).readText().split("```kotlin\n").drop(1).map { it.substringBefore("```").trimEnd() }
        assertEquals(samples("ANDROID"), blocks("docs/android.md"))
    }

    @Test
    fun `the samples do what the text around them says`() = test {
        Device(folder).use { device ->
            device.store("shop.gensr", demo)
            val (engine, next, trimming) = firstResult(device)
            assertEquals(10, next.size)
            assertEquals(1, device.callbacks.size)
            val life = Job()
            val box = SearchBox(engine, this + life)
            box.text.value = "tent"
            val wanted = engine.search("tent", limit = 30).hits
            box.hits.first { it == wanted }
            life.cancelAndJoin()
            trimming.close()
            engine.close()

            playAssets(device, demo.copyTo(File(folder, "assets/shop.gensr")).parent).use { assertEquals(1, it.history().size) }
            bounded(device, "guest").use { assertEquals(0, it.history().size) }

            val (refused, before) = updates(device, other, "0".repeat(64))
            assertNull(refused)
            before.close()
            val (changed, after) = updates(device, other, sha256(other))
            assertTrue(changed!!.packId != changed.previousPackId)
            after.close()
            assertEquals(setOf("gensr", "guest", "shop.gensr"), File(folder, "no_backup").list()!!.toSet())
        }
    }
}
