package io.github.gensr.sample.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyRow
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.GridItemSpan
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.SuggestionChip
import androidx.compose.material3.Text
import androidx.compose.material3.TextField
import androidx.compose.material3.TextFieldDefaults
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalFocusManager
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.TextRange
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.TextFieldValue
import androidx.compose.ui.unit.dp
import io.github.gensr.Completion
import io.github.gensr.CompletionKind
import io.github.gensr.sample.R
import io.github.gensr.sample.model.Card
import io.github.gensr.sample.model.FeedModel
import io.github.gensr.sample.model.OpenShop
import io.github.gensr.sample.model.Problem
import io.github.gensr.sample.model.SearchState

private val gap = 16.dp

/** The search box; below it what was found, or the feed while the box is empty. */
@Composable
internal fun DiscoverScreen(shop: OpenShop) {
    val state by shop.search.state.collectAsState()
    // The box's own, with its cursor: what comes back from a flow is a frame late.
    var box by rememberSaveable(stateSaver = TextFieldValue.Saver) { mutableStateOf(TextFieldValue(state.text)) }
    val type = { typed: TextFieldValue ->
        box = typed
        shop.search.type(typed.text)
    }
    // The system may have ended the app, and kept what was in the box.
    LaunchedEffect(Unit) { if (box.text != state.text) shop.search.type(box.text) }
    Column(Modifier.fillMaxSize()) {
        SearchBox(box, type)
        if (state.completions.isNotEmpty() && box.text.isNotEmpty()) {
            Completions(state.completions) { type(TextFieldValue(it.text, TextRange(it.text.length))) }
        }
        if (box.text.isBlank()) {
            Feed(shop.feed, shop.items) { shop.show(it) }
        } else {
            Results(state, shop.items) { shop.show(it, query = state.query) }
        }
    }
}

@Composable
private fun SearchBox(box: TextFieldValue, type: (TextFieldValue) -> Unit) {
    val focus = LocalFocusManager.current
    TextField(
        value = box,
        onValueChange = type,
        modifier = Modifier.fillMaxWidth().padding(horizontal = gap, vertical = 8.dp),
        placeholder = { Text(stringResource(R.string.search_hint)) },
        leadingIcon = { Icon(Icons.Lens, contentDescription = null) },
        trailingIcon = {
            if (box.text.isNotEmpty()) {
                IconButton(onClick = { type(TextFieldValue()) }) {
                    Icon(Icons.Close, contentDescription = stringResource(R.string.search_clear), Modifier.size(20.dp))
                }
            }
        },
        singleLine = true,
        shape = CircleShape,
        keyboardOptions = KeyboardOptions(imeAction = ImeAction.Search),
        keyboardActions = KeyboardActions(onSearch = { focus.clearFocus() }),
        colors = TextFieldDefaults.colors(
            focusedIndicatorColor = Color.Transparent,
            unfocusedIndicatorColor = Color.Transparent,
        ),
    )
}

@Composable
private fun Completions(completions: List<Completion>, take: (Completion) -> Unit) {
    LazyRow(contentPadding = PaddingValues(horizontal = gap), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        items(completions) { completion ->
            SuggestionChip(
                onClick = { take(completion) },
                label = { Text(completion.text) },
                icon = {
                    val icon = when (completion.kind) {
                        CompletionKind.QUERY -> Icons.Clock
                        CompletionKind.CATEGORY -> Icons.Tag
                        CompletionKind.TITLE, CompletionKind.OTHER -> Icons.Lens
                    }
                    Icon(icon, contentDescription = null, Modifier.size(16.dp))
                },
                shape = CircleShape,
            )
        }
    }
}

@Composable
private fun Results(state: SearchState, catalogue: Int, open: (Card) -> Unit) {
    val list = rememberLazyListState()
    // Another query begins at the top; coming back from an item does not.
    var shown by rememberSaveable { mutableStateOf(state.query) }
    LaunchedEffect(state.query) {
        if (state.query != shown) list.scrollToItem(0)
        shown = state.query
    }
    LazyColumn(Modifier.fillMaxSize(), list, contentPadding = PaddingValues(horizontal = gap - 8.dp, vertical = 6.dp)) {
        item {
            val total = state.totalHits
            val said = when {
                state.problem != null -> words(state.problem!!)
                // Every item has some score for a query: then there is nothing to count.
                total == null || total == catalogue -> ""
                total == 0 -> stringResource(R.string.results_none)
                else -> pluralStringResource(R.plurals.results_found, total, total)
            }
            // Said aloud when it changes, so that nobody has to look for it.
            Note(said, Modifier.padding(horizontal = 8.dp).semantics { liveRegion = LiveRegionMode.Polite })
        }
        items(state.cards, key = { it.id }) { card -> ItemRow(card, open = { open(card) }, Modifier.animateItem()) }
    }
}

@Composable
private fun Feed(model: FeedModel, catalogue: Int, open: (Card) -> Unit) {
    val state by model.state.collectAsState()
    val cards = state.cards.orEmpty()
    LazyVerticalGrid(
        GridCells.Adaptive(150.dp),
        Modifier.fillMaxSize(),
        contentPadding = PaddingValues(horizontal = gap, vertical = 6.dp),
        verticalArrangement = Arrangement.spacedBy(22.dp),
        horizontalArrangement = Arrangement.spacedBy(14.dp),
    ) {
        item(span = { GridItemSpan(maxLineSpan) }) { FeedHead(state.events, catalogue, state.problem) }
        items(cards, key = { it.id }) { card ->
            ItemCard(card, open = { open(card) }, Modifier.animateItem(), against = { model.dislike(card.id) })
        }
        item(span = { GridItemSpan(maxLineSpan) }) { LaunchedEffect(cards.size) { model.more() } }
    }
}

@Composable
private fun FeedHead(events: Int, catalogue: Int, problem: Problem?) {
    Column(Modifier.padding(top = 8.dp)) {
        Heading(stringResource(R.string.feed_title))
        Note(
            when {
                problem != null -> words(problem)
                events == 0 -> stringResource(R.string.feed_stranger, catalogue)
                else -> pluralStringResource(R.plurals.feed_known, events, events)
            },
        )
    }
}

@Composable
internal fun Heading(text: String, modifier: Modifier = Modifier) {
    Text(
        text,
        modifier.semantics { heading() },
        style = MaterialTheme.typography.headlineMedium,
        fontWeight = FontWeight.Bold,
    )
}

@Composable
internal fun Note(text: String, modifier: Modifier = Modifier) {
    Text(text, modifier, style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
}
