package io.github.gensr.sample.screens

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clipToBounds
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.colorspace.ColorSpaces
import androidx.compose.ui.graphics.luminance
import io.github.gensr.sample.model.Card
import kotlin.math.PI
import kotlin.math.cos
import kotlin.math.sin

/**
 * The picture of an item: a colour, a ground and a sign, always the same for the same item. The catalogue has no photographs.
 * It says nothing that the title does not, so nothing is read out.
 *
 * @param sign Width of the sign, of the picture's.
 */
@Composable
internal fun Picture(card: Card, modifier: Modifier = Modifier, sign: Float = 0.42f) {
    val dark = MaterialTheme.colorScheme.surface.luminance() < 0.5f
    val paint = remember(card.id, card.colour, dark) { Paint(card, dark) }
    Box(modifier.clipToBounds(), contentAlignment = Alignment.Center) {
        Canvas(Modifier.fillMaxSize()) {
            drawRect(paint.ground)
            for ((seed, colour) in listOf(2 to paint.far, 5 to paint.near)) {
                drawCircle(
                    colour,
                    radius = (0.26f + paint.chance(seed + 2) * 0.22f) * size.minDimension,
                    center = Offset((0.1f + paint.chance(seed) * 0.8f) * size.width, (0.1f + paint.chance(seed + 1) * 0.8f) * size.height),
                )
            }
            val ridge = Path().apply {
                moveTo(0f, (0.7f + paint.chance(8) * 0.14f) * size.height)
                cubicTo(
                    (0.2f + paint.chance(9) * 0.15f) * size.width, (0.52f + paint.chance(10) * 0.22f) * size.height,
                    (0.48f + paint.chance(11) * 0.2f) * size.width, (0.92f - paint.chance(12) * 0.18f) * size.height,
                    size.width, (0.62f + paint.chance(13) * 0.2f) * size.height,
                )
                lineTo(size.width, size.height)
                lineTo(0f, size.height)
                close()
            }
            drawPath(ridge, paint.ridge)
        }
        val glyph = remember(card.id) { glyphOf(wordsOf(card)) }
        if (glyph != null) {
            Icon(glyph, contentDescription = null, Modifier.fillMaxSize(sign), tint = paint.sign)
        } else {
            Text(initials(card.title), color = paint.sign, style = MaterialTheme.typography.titleLarge)
        }
    }
}

private class Paint(card: Card, dark: Boolean) {
    private val id = card.id
    private val tint = hues[card.colour]
    private val hue = tint?.first ?: (chance(1) * 360)
    private val chroma = tint?.second ?: if (card.colour in neutral) 0.026f else 0.07f

    val ground = if (dark) oklch(0.34f, chroma * 0.5f, hue) else oklch(0.925f, chroma * 0.42f, hue)
    val far = if (dark) oklch(0.39f, chroma * 0.55f, hue + 40) else oklch(0.95f, chroma * 0.5f, hue + 40)
    val near = if (dark) oklch(0.42f, chroma * 0.6f, hue - 12) else oklch(0.9f, chroma * 0.62f, hue - 12)
    val ridge = if (dark) oklch(0.29f, chroma * 0.6f, hue) else oklch(0.855f, chroma * 0.85f, hue)
    val sign = if (dark) oklch(0.9f, chroma * 0.6f, hue) else oklch(0.42f, chroma * 1.1f, hue)

    /** A number in [0, 1) that the id and a seed decide (FNV-1a, mixed): the same as on the playground's page. */
    fun chance(seed: Int): Float {
        var hash = 0x811C9DC5.toInt() xor seed
        for (letter in id) hash = (hash xor letter.code) * 16777619
        hash = (hash xor (hash ushr 15)) * 0x85EBCA6A.toInt()
        return ((hash xor (hash ushr 13)).toUInt().toDouble() / 4294967296.0).toFloat()
    }
}

private fun oklch(lightness: Float, chroma: Float, hue: Float): Color {
    val angle = hue * PI / 180
    return Color(lightness, (chroma * cos(angle)).toFloat(), (chroma * sin(angle)).toFloat(), colorSpace = ColorSpaces.Oklab)
}

/** Hue and chroma of the colours that the catalogue names. */
private val hues = mapOf(
    "red" to (25f to 0.1f), "rust" to (42f to 0.09f), "orange" to (58f to 0.1f), "yellow" to (92f to 0.1f), "sand" to (85f to 0.045f),
    "brown" to (55f to 0.05f), "olive" to (112f to 0.06f), "green" to (150f to 0.075f), "teal" to (190f to 0.065f),
    "turquoise" to (200f to 0.075f), "blue" to (245f to 0.08f), "navy" to (265f to 0.07f), "purple" to (300f to 0.08f),
    "pink" to (355f to 0.085f),
)

private val neutral = setOf("black", "grey", "gray", "white", "silver")

private val notLetters = Regex("""[^\p{L}\p{N}]+""")

/** Words for what kind of thing an item is, those first that its title has, too: they are the narrower ones. */
private fun wordsOf(card: Card): List<String> {
    val words = card.categories.flatMap { listOf(it) + it.split(notLetters) }.filter { it.isNotEmpty() }
    val named = card.title.lowercase().split(notLetters).toSet()
    val (inTitle, others) = words.partition { it.lowercase() in named }
    return inTitle + others
}

private fun initials(title: String) =
    title.split(notLetters).filter { it.isNotEmpty() }.take(2).joinToString("") { it.take(1).uppercase() }.ifEmpty { "·" }
