package io.github.gensr.sample.screens

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.addPathNodes
import androidx.compose.ui.unit.dp

/* Line drawings of 24 x 24, those of the playground's page (cli/playground/glyphs.js). */

private fun drawing(path: String, width: Float = 1.7f): ImageVector =
    ImageVector.Builder(defaultWidth = 24.dp, defaultHeight = 24.dp, viewportWidth = 24f, viewportHeight = 24f).addPath(
        pathData = addPathNodes(path),
        stroke = SolidColor(Color.Black),
        strokeLineWidth = width,
        strokeLineCap = StrokeCap.Round,
        strokeLineJoin = StrokeJoin.Round,
    ).build()

internal object Icons {
    val Lens = drawing("M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm5 11.5L20 20")
    val Close = drawing("M6 6l12 12M18 6 6 18")
    val Back = drawing("M15 5l-7 7 7 7")
    val View = drawing("M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z")
    val Like = drawing("M12 20S4 15 4 9.3A4.3 4.3 0 0 1 12 7a4.3 4.3 0 0 1 8 2.3C20 15 12 20 12 20Z")
    val Buy = drawing("M6 8h12l1 12H5L6 8Zm3 0V7a3 3 0 0 1 6 0v1")
    val Dislike = drawing("M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM6.5 6.5l11 11")
    val Spark = drawing("M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8L12 4Z")
    val Tag = drawing("M4 12.5V4h8.5l7.5 7.5-8.5 8.5L4 12.5ZM8.2 8.2h.01")
    val Clock = drawing("M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 3.5V12l3 2")
    val Lock = drawing("M6 11h12v9H6v-9Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2")
}

/** The drawing for the first of these words that has one. */
internal fun glyphOf(words: List<String>): ImageVector? = words.firstNotNullOfOrNull { byWord[it.lowercase()] }

private val byWord: Map<String, ImageVector> = listOf(
    "tent tarp shelter hammock tents" to
        "M12 5 3 19h18L12 5Zm0 6.5L8 19m4-7.5 4 7.5",
    "sleeping pillow mat blanket liner quilt" to
        "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5Z",
    "jacket shell outerwear vest poncho suit coat" to
        "M9 3 4 6 3 15h3v6h12v-6h3l-1-9-5-3-3 3-3-3Zm3 3v15",
    "shirt hoodie layer tops top jersey clothing fashion" to
        "M8 4 3 7l2 4 2-1v10h10V10l2 1 2-4-5-3a4 4 0 0 1-8 0Z",
    "pants shorts tights legwear bib skirt" to
        "M7 3h10l1.5 18H14l-2-11.5L10 21H5.5L7 3Zm-.3 3.5h10.6",
    "boots shoes sandals footwear spikes gaiters socks shoe" to
        "M7 3h6v8l6 3a3 3 0 0 1 2 3v3H5V11l2-1V3ZM5 16.5h15.9",
    "hat cap beanie gloves accessories" to
        "M4 15.5a8 8 0 0 1 16 0M3 15.5h18V19H3v-3.5ZM12 7.5V5",
    "helmet" to
        "M4 14.5a8 8 0 0 1 16 0V17H4v-2.5Zm5-7.2V17m6-9.7V17",
    "glasses goggles sunglasses" to
        "M3 9.5h18V13a4 4 0 0 1-7.6 1.7L12 13l-1.4 1.7A4 4 0 0 1 3 13V9.5Z",
    "pack bag packs bags pouch backpack belt carrier case luggage" to
        "M6 20V10a6 6 0 0 1 12 0v10a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1ZM9.5 5V3h5v2M9 21v-6h6v6M9.5 10h5",
    "light headlamp lantern lamp lights lighting" to
        "M9 7V5.5a3 3 0 0 1 6 0V7M7 7h10v11a3 3 0 0 1-3 3h-4a3 3 0 0 1-3-3V7Zm5 3.5v7",
    "charger power battery energy" to
        "M13 3 5.5 13.5H11L10 21l7.5-10.5H12L13 3Z",
    "stove cooking pot grill cookware kitchen pan food" to
        "M12 3c1 4 5 5.5 5 10.5A5 5 0 0 1 7 13.5c0-2.2 1.2-3.3 2-4.5 0.6 1.2 1.2 1.7 2 2 .5-2.5 0-5.5 1-8Z",
    "bottle flask mug filter drinking water drink cooler" to
        "M12 3c3.5 4.2 6 7 6 10.5a6 6 0 0 1-12 0C6 10 8.5 7.2 12 3Z",
    "chair table seat furniture living" to
        "M7 4v9h10V4M7 13l-2 8m12-8 2 8M5.8 17.5h12.4",
    "rope harness quickdraws chalk axe rack climbing" to
        "M8 3.5h6a4.5 4.5 0 0 1 4.4 5.4l-1.6 8a4.5 4.5 0 0 1-8.8 0L5.6 6.5A2.5 2.5 0 0 1 8 3.5Zm8.3 9 1.4-5.5",
    "safety beacon radio health care" to
        "M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6l-7-3Zm0 6v6m-3-3h6",
    "bike tyres pedals saddle pump trailer transport wheel stroller cycling lock" to
        "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3ZM12 4v6.5m0 3V20M4 12h6.5m3 0H20",
    "kayak paddle boats board boards net swimming" to
        "M3 9c2-2 4-2 6 0s4 2 6 0 4-2 6 0M3 15c2-2 4-2 6 0s4 2 6 0 4-2 6 0",
    "skis skins snow ski wax poles" to
        "M12 3v18M4.2 7.5l15.6 9m0-9-15.6 9M9.5 4.5 12 7l2.5-2.5m-5 15L12 17l2.5 2.5",
    "map guide maps travel" to
        "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2V6Zm6-2v14m6-12v14",
    "books book novel reading" to
        "M5 4h10a4 4 0 0 1 4 4v12H9a4 4 0 0 1-4-4V4Zm0 12a4 4 0 0 1 4-4h10",
    "watch device gadgets" to
        "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10ZM9 7.7 9.5 3h5l.5 4.7M9 16.3l.5 4.7h5l.5-4.7M12 9.8v2.4l1.6 1",
    "camera photo" to
        "M4 8h4l1.5-2.5h5L16 8h4v11H4V8Zm8 2a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z",
    "music speaker album song" to
        "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
    "tool tools knife kit repair tape" to
        "M14.5 4.5a4.5 4.5 0 0 0-.8 5.1L4.6 18.7l.7.7a1.5 1.5 0 0 0 2.1 0l7-9.1a4.5 4.5 0 0 0 5.1-5.5L17 7.3l-2-.3-.3-2 .8-.8Z",
    "umbrella cover rain" to
        "M12 4v-.8M3.5 12.5a8.5 8.5 0 0 1 17 0c-2.8-2-5.7-2-8.5 0-2.8-2-5.7-2-8.5 0Zm8.5 0V19a2 2 0 0 0 4 0",
    "game games toys toy puzzle" to
        "M5 5h14v14H5V5Zm4 4h.01M15 15h.01M12 12h.01",
    "towel" to
        "M6 4h10a2 2 0 0 1 2 2v14l-3-2-3 2-3-2-3 2V4Zm0 0a2 2 0 0 0-2 2v3h2",
).flatMap { (words, path) -> drawing(path, width = 1.15f).let { glyph -> words.split(' ').map { it to glyph } } }.toMap()
