package io.github.gensr.sample.screens

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import io.github.gensr.sample.R
import io.github.gensr.sample.model.Card
import io.github.gensr.sample.model.Why

/** An item of the feed. @param against Called when the user does not want it; `null` where that is no question. */
@Composable
internal fun ItemCard(card: Card, open: () -> Unit, modifier: Modifier = Modifier, against: (() -> Unit)? = null) {
    Box(modifier.clip(MaterialTheme.shapes.medium).clickable(onClick = open)) {
        Column {
            Box {
                Picture(card, Modifier.fillMaxWidth().aspectRatio(1f).clip(MaterialTheme.shapes.medium))
                card.why?.let { why ->
                    val ground = MaterialTheme.colorScheme.surfaceContainerHigh.copy(alpha = 0.86f)
                    Chip(why, ground, Modifier.align(Alignment.BottomStart).padding(7.dp))
                }
            }
            // Away from the corners, which are round for the sake of what is seen when it is pressed.
            Column(Modifier.padding(start = 4.dp, top = 9.dp, end = 4.dp, bottom = 8.dp)) {
                Title(card)
                Facts(card)
            }
        }
        if (against != null) {
            IconButton(against, Modifier.align(Alignment.TopEnd)) {
                val about = stringResource(R.string.not_for_me, card.title)
                Icon(Icons.Close, contentDescription = about, Modifier.size(18.dp))
            }
        }
    }
}

/** An item of the results. */
@Composable
internal fun ItemRow(card: Card, open: () -> Unit, modifier: Modifier = Modifier) {
    Row(
        modifier.fillMaxWidth().clip(MaterialTheme.shapes.medium).clickable(onClick = open).padding(8.dp),
        horizontalArrangement = Arrangement.spacedBy(13.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Picture(card, Modifier.size(62.dp).clip(MaterialTheme.shapes.small))
        Column(Modifier.weight(1f)) {
            Title(card)
            Facts(card)
            // Where the title is marked, that it matches needs no words.
            card.why?.takeUnless { it is Why.InTitle }?.let { why ->
                Chip(why, MaterialTheme.colorScheme.primaryContainer, Modifier.padding(top = 6.dp))
            }
        }
    }
}

@Composable
private fun Title(card: Card, modifier: Modifier = Modifier) {
    Text(
        marked(card.title, card.highlights),
        modifier,
        style = MaterialTheme.typography.bodyLarge,
        fontWeight = FontWeight.Medium,
        maxLines = 2,
        overflow = TextOverflow.Ellipsis,
    )
}

/** Who made it, and what it costs. */
@Composable
internal fun Facts(card: Card, modifier: Modifier = Modifier) {
    val facts = listOfNotNull(card.brand, card.price?.let(::priceText))
    Text(
        facts.joinToString(" · "),
        modifier,
        style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
        maxLines = 1,
        overflow = TextOverflow.Ellipsis,
    )
}

/** Why it is here, in a few words. */
@Composable
private fun Chip(why: Why, ground: Color, modifier: Modifier = Modifier) {
    Surface(modifier, shape = MaterialTheme.shapes.small, color = ground) {
        Text(
            words(why),
            Modifier.padding(horizontal = 9.dp, vertical = 5.dp),
            style = MaterialTheme.typography.labelMedium,
            maxLines = 2,
            overflow = TextOverflow.Ellipsis,
        )
    }
}
