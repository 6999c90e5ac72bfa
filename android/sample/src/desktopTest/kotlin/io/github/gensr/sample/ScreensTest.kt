package io.github.gensr.sample

import androidx.compose.foundation.layout.Box
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.drawWithContent
import androidx.compose.ui.graphics.Canvas
import androidx.compose.ui.graphics.asComposeCanvas
import androidx.compose.ui.graphics.toComposeImageBitmap
import androidx.compose.ui.graphics.toPixelMap
import androidx.compose.ui.unit.Density
import io.github.gensr.Engine
import io.github.gensr.sample.model.Page
import io.github.gensr.sample.model.ShopModel
import io.github.gensr.sample.model.ShopState
import io.github.gensr.sample.screens.ShopScreen
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.jetbrains.skia.EncodedImageFormat
import org.jetbrains.skia.Image
import org.jetbrains.skia.OutputWStream
import org.jetbrains.skia.Rect
import org.jetbrains.skia.svg.SVGCanvas
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import kotlin.time.Duration.Companion.minutes

/** The screens over the real engine, drawn. The pictures are in `target/screens/pictures`: pixels, and paths for `docs/pictures`. */
class ScreensTest {
    @TempDir
    lateinit var folder: File

    private val root = File(System.getProperty("gensr.root")).canonicalFile
    private val pictures = File(root, "android/sample/target/screens/pictures")

    @BeforeEach
    fun graphics() = try {
        assumeTrue(org.jetbrains.skia.Paint().color != 0)
    } catch (missing: LinkageError) {
        assumeTrue(false, "nothing is drawn: $missing")
    }

    @Test
    fun `each screen shows what its model has, by day and by night`() = onShop { model ->
        val shop = (model.state.first { it is ShopState.Open } as ShopState.Open).shop
        shop.feed.state.first { it.cards != null }
        val stranger = drawn(model, "feed-of-a-stranger")
        shop.search.type("light shell")
        val found = shop.search.state.first { it.totalHits != null }
        val results = drawn(model, "search")
        assertTrue(results.count(highlight) > 500, "what matched is marked")

        shop.show(found.cards.first(), query = "light shell")
        val item = (shop.stack.value.last() as Page.Item).model
        item.state.first { it.similar.isNotEmpty() }
        val before = drawn(model, "item")
        item.act("like")
        val liked = drawn(model, "item-liked")
        assertTrue(liked.count(chosen) > before.count(chosen) + 2000, "what was chosen is seen")

        shop.back()
        shop.search.type("")
        shop.feed.state.first { it.events == 2 }
        val feed = drawn(model, "feed")
        shop.showPrivacy()
        shop.privacy.state.first { it.entries.size == 2 }
        val privacy = drawn(model, "privacy")
        val night = drawn(model, "privacy-by-night", dark = true)
        shop.privacy.clear()
        shop.privacy.state.first { it.entries.isEmpty() }
        val empty = drawn(model, "privacy-empty")

        val days = listOf(stranger, results, before, liked, feed, privacy, empty)
        assertTrue(days.all { it.light > 0.7 }, "${days.map { it.light }}")
        assertTrue(night.light < 0.2, "${night.light}")
        assertEquals(days.size, days.map { it.pixels.toList() }.distinct().size, "no two look the same")
    }

    @Test
    fun `a shop that cannot open says so`() = runBlocking {
        val model = ShopModel(CoroutineScope(Dispatchers.Default), { folder }) { Engine.open(File(folder, "none").path) }
        model.state.first { it is ShopState.Failed }
        assertTrue(drawn(model, "failed").count(accent) > 2000, "a button to try again")
        model.close()
    }

    private fun onShop(body: suspend (ShopModel) -> Unit): Unit = runBlocking {
        withTimeout(5.minutes) {
            val model = ShopModel(CoroutineScope(Dispatchers.Default), { folder }) { Engine.open("$root/models/demo/demo.gensr") }
            body(model)
            model.close()
        }
    }

    private class Drawn(val pixels: IntArray) {
        fun count(colour: Int): Int = pixels.count { it and 0xFFFFFF == colour }

        /** Mean of the green parts, 0 to 1. */
        val light: Double = pixels.sumOf { (it shr 8) and 0xFF } / 255.0 / pixels.size
    }

    /** Draws a frame a second time, into an SVG whose texts are paths: it looks the same without the fonts of this machine. */
    private class Paths(val width: Int, val height: Int) {
        private var canvas by mutableStateOf<Canvas?>(null)

        val modifier = Modifier.drawWithContent {
            drawContent()
            canvas?.let { vectors ->
                val screen = drawContext.canvas
                drawContext.canvas = vectors
                drawContent()
                drawContext.canvas = screen
            }
        }

        fun of(scene: ImageComposeScene): String {
            val bytes = ByteArrayOutputStream()
            val stream = OutputWStream(bytes)
            val drawing = SVGCanvas.make(Rect.makeWH(width.toFloat(), height.toFloat()), stream, convertTextToPaths = true, prettyXML = false)
            canvas = drawing.asComposeCanvas()
            scene.render(1_000_000_000L)
            canvas = null
            drawing.close()
            stream.close()
            return bytes.toString(Charsets.UTF_8)
                // A tenth of a pixel of 1080 is finer than anyone sees.
                .replace(Regex("""(\.\d)\d+"""), "$1")
                // Skia leaves out what a glyph's colour is to be cut by.
                .replace("""in="flood" operator""", """in="flood" in2="SourceAlpha" operator""") + "\n"
        }
    }

    private suspend fun drawn(model: ShopModel, name: String, dark: Boolean = false): Drawn {
        val paths = Paths(1080, 2280)
        val scene = ImageComposeScene(paths.width, paths.height, Density(2.75f)) {
            Box(paths.modifier) { ShopScreen(model, dark, export = {}) }
        }
        var image: Image = scene.render(0)
        // Until what moves has come to rest.
        for (frame in 1..12) {
            delay(10)
            image = scene.render(frame * 50_000_000L)
        }
        pictures.mkdirs()
        File(pictures, "$name.png").writeBytes(image.encodeToData(EncodedImageFormat.PNG)!!.bytes)
        File(pictures, "$name.svg").writeText(paths.of(scene))
        scene.close()
        val map = image.toComposeImageBitmap().toPixelMap()
        return Drawn(map.buffer.copyOf())
    }

    private companion object {
        /* Theme.kt: tertiaryContainer, secondaryContainer and primary of the day. */
        const val highlight = 0xF4E798
        const val chosen = 0xD5F4E3
        const val accent = 0x0A6C49
    }
}
