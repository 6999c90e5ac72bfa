package io.github.gensr.sample.screens

import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Shapes
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.unit.dp

/* The colours of the playground's page (cli/playground/theme.css). */

private val day = lightColorScheme(
    primary = Color(0xFF0A6C49), onPrimary = Color(0xFFFDFDFA),
    primaryContainer = Color(0xFFD5F4E3), onPrimaryContainer = Color(0xFF0A6C49),
    secondaryContainer = Color(0xFFD5F4E3), onSecondaryContainer = Color(0xFF0A6C49),
    tertiaryContainer = Color(0xFFF4E798), onTertiaryContainer = Color(0xFF1A211E),
    background = Color(0xFFFDFDFA), onBackground = Color(0xFF1A211E),
    surface = Color(0xFFFDFDFA), onSurface = Color(0xFF1A211E),
    surfaceVariant = Color(0xFFF2F1ED), onSurfaceVariant = Color(0xFF5D6561),
    surfaceContainer = Color(0xFFFDFDFA), surfaceContainerHigh = Color(0xFFFFFFFF), surfaceContainerHighest = Color(0xFFF2F1ED),
    outline = Color(0xFF5D6561), outlineVariant = Color(0xFFDFDEDA),
    error = Color(0xFFB94739), onError = Color(0xFFFDFDFA),
)

private val night = darkColorScheme(
    primary = Color(0xFF66D3A2), onPrimary = Color(0xFF131614),
    primaryContainer = Color(0xFF183B2B), onPrimaryContainer = Color(0xFF66D3A2),
    secondaryContainer = Color(0xFF183B2B), onSecondaryContainer = Color(0xFF66D3A2),
    tertiaryContainer = Color(0xFF645410), onTertiaryContainer = Color(0xFFEEEFEB),
    background = Color(0xFF131614), onBackground = Color(0xFFEEEFEB),
    surface = Color(0xFF131614), onSurface = Color(0xFFEEEFEB),
    surfaceVariant = Color(0xFF232825), onSurfaceVariant = Color(0xFF9DA39E),
    surfaceContainer = Color(0xFF131614), surfaceContainerHigh = Color(0xFF1C201E), surfaceContainerHighest = Color(0xFF232825),
    outline = Color(0xFF9DA39E), outlineVariant = Color(0xFF2D322F),
    error = Color(0xFFF49383), onError = Color(0xFF131614),
)

private val shapes = Shapes(
    small = RoundedCornerShape(12.dp),
    medium = RoundedCornerShape(18.dp),
    large = RoundedCornerShape(28.dp),
)

@Composable
fun ShopTheme(dark: Boolean, content: @Composable () -> Unit) {
    MaterialTheme(colorScheme = if (dark) night else day, shapes = shapes, content = content)
}
