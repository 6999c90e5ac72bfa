package io.github.gensr.sample.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.lazy.LazyRow
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.FilledIconButton
import androidx.compose.material3.FilterChip
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButtonDefaults
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import io.github.gensr.AttributeValue
import io.github.gensr.Event
import io.github.gensr.sample.R
import io.github.gensr.sample.model.Card
import io.github.gensr.sample.model.ItemModel
import io.github.gensr.sample.model.Share
import kotlin.math.abs
import kotlin.math.roundToInt

private val gap = 20.dp

/** Picture, facts, what one can do, why it is here, what is like it. */
@Composable
internal fun ItemScreen(model: ItemModel, open: (Card) -> Unit, back: () -> Unit) {
    val state by model.state.collectAsState()
    Column(Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(bottom = 24.dp)) {
        Hero(state.card, back)
        Column(Modifier.padding(start = gap, end = gap, top = 22.dp)) {
            Text(
                state.card.title,
                Modifier.semantics { heading() },
                style = MaterialTheme.typography.headlineSmall,
                fontWeight = FontWeight.SemiBold,
            )
            Facts(state.card, Modifier.padding(top = 6.dp))
            state.problem?.let { Note(words(it), Modifier.padding(top = 6.dp)) }
            Actions(state.done, model::act)
            if (state.card.shares.isNotEmpty()) Reasons(state.card.shares)
        }
        if (state.similar.isNotEmpty()) Similar(state.similar, open)
        if (state.details.isNotEmpty()) Details(state.details)
    }
}

@Composable
private fun Hero(card: Card, back: () -> Unit) {
    Box {
        Picture(card, Modifier.fillMaxWidth().height(316.dp), sign = 0.34f)
        FilledIconButton(
            onClick = back,
            Modifier.padding(12.dp),
            colors = IconButtonDefaults.filledIconButtonColors(
                containerColor = MaterialTheme.colorScheme.surfaceContainerHigh.copy(alpha = 0.82f),
                contentColor = MaterialTheme.colorScheme.onSurface,
            ),
        ) {
            Icon(Icons.Back, contentDescription = stringResource(R.string.back))
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Actions(done: Set<String>, act: (String) -> Unit) {
    FlowRow(Modifier.padding(top = 14.dp), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Action(stringResource(R.string.item_like), Icons.Like, "like" in done) { act("like") }
        Action(stringResource(R.string.item_buy), Icons.Buy, "buy" in done) { act("buy") }
        Action(stringResource(R.string.item_dislike), Icons.Dislike, Event.DISLIKE in done) { act(Event.DISLIKE) }
    }
}

@Composable
private fun Action(name: String, icon: ImageVector, done: Boolean, act: () -> Unit) {
    FilterChip(
        selected = done,
        onClick = { if (!done) act() },
        label = { Text(name) },
        leadingIcon = { Icon(icon, contentDescription = null, Modifier.size(19.dp)) },
        shape = MaterialTheme.shapes.large,
    )
}

/** Every reason, with its share. */
@Composable
private fun Reasons(shares: List<Share>) {
    Subheading(stringResource(R.string.item_why))
    Surface(shape = MaterialTheme.shapes.medium, color = MaterialTheme.colorScheme.surfaceVariant) {
        Column(Modifier.padding(14.dp), verticalArrangement = Arrangement.spacedBy(10.dp)) {
            for (share in shares) {
                val why = words(share.why)
                val said = stringResource(R.string.item_share, why, (share.part * 100).roundToInt())
                Column(Modifier.clearAndSetSemantics { contentDescription = said }) {
                    Text(why.replaceFirstChar { it.uppercase() }, style = MaterialTheme.typography.bodyMedium)
                    LinearProgressIndicator(
                        progress = { abs(share.part) },
                        Modifier.fillMaxWidth().padding(top = 4.dp),
                        color = if (share.part < 0) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.primary,
                        trackColor = MaterialTheme.colorScheme.outlineVariant,
                        drawStopIndicator = {},
                    )
                }
            }
        }
    }
}

@Composable
private fun Similar(cards: List<Card>, open: (Card) -> Unit) {
    Subheading(stringResource(R.string.item_similar), Modifier.padding(horizontal = gap))
    LazyRow(contentPadding = PaddingValues(horizontal = gap), horizontalArrangement = Arrangement.spacedBy(12.dp)) {
        items(cards, key = { it.id }) { card -> ItemCard(card, open = { open(card) }, Modifier.width(132.dp)) }
    }
}

@Composable
private fun Details(details: Map<String, AttributeValue>) {
    Subheading(stringResource(R.string.item_details), Modifier.padding(horizontal = gap))
    Column(Modifier.padding(horizontal = gap), verticalArrangement = Arrangement.spacedBy(9.dp)) {
        for ((name, value) in details) {
            Row(Modifier.fillMaxWidth().semantics(mergeDescendants = true) {}, Arrangement.SpaceBetween, Alignment.Top) {
                Note(name.replace('_', ' ').replaceFirstChar { it.uppercase() })
                Text(
                    words(name, value),
                    Modifier.padding(start = gap),
                    textAlign = TextAlign.End,
                    style = MaterialTheme.typography.bodyMedium,
                )
            }
        }
    }
}

@Composable
internal fun Subheading(text: String, modifier: Modifier = Modifier) {
    Text(
        text,
        modifier.padding(top = 26.dp, bottom = 12.dp).semantics { heading() },
        style = MaterialTheme.typography.titleMedium,
        fontWeight = FontWeight.SemiBold,
    )
}
