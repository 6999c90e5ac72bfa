package io.github.gensr.sample.screens

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import io.github.gensr.Recording
import io.github.gensr.sample.R
import io.github.gensr.sample.model.Card
import io.github.gensr.sample.model.Entry
import io.github.gensr.sample.model.PrivacyModel

/** The recorded history and its controls. */
@Composable
internal fun PrivacyScreen(model: PrivacyModel, open: (Card) -> Unit, export: () -> Unit) {
    val state by model.state.collectAsState()
    var asked by rememberSaveable { mutableStateOf(false) }
    LazyColumn(Modifier.fillMaxSize(), contentPadding = PaddingValues(horizontal = 16.dp, vertical = 14.dp)) {
        item {
            Heading(stringResource(R.string.privacy))
            Note(stringResource(R.string.privacy_promise), Modifier.padding(top = 6.dp))
            Subheading(stringResource(R.string.privacy_recording))
            Switches(state.recording, model::record)
            Subheading(stringResource(R.string.privacy_history))
            val exported = state.exported
            val problem = state.problem
            when {
                problem != null -> Note(words(problem))
                exported != null -> Note(pluralStringResource(R.plurals.privacy_exported, exported, exported))
                state.entries.isEmpty() -> Note(stringResource(R.string.privacy_empty))
            }
            if (state.entries.isNotEmpty()) {
                Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
                    TextButton(export) { Text(stringResource(R.string.privacy_export)) }
                    TextButton(onClick = { asked = true }) {
                        Text(stringResource(R.string.privacy_clear), color = MaterialTheme.colorScheme.error)
                    }
                }
            }
        }
        items(state.entries, key = { it.event.id }) { entry ->
            EntryRow(entry, open, forget = { model.forget(entry) }, Modifier.animateItem())
        }
    }
    if (asked) {
        AlertDialog(
            onDismissRequest = { asked = false },
            text = { Text(stringResource(R.string.privacy_clear_sure)) },
            confirmButton = {
                TextButton(onClick = { asked = false; model.clear() }) { Text(stringResource(R.string.privacy_clear_yes)) }
            },
            dismissButton = { TextButton(onClick = { asked = false }) { Text(stringResource(R.string.cancel)) } },
        )
    }
}

@Composable
private fun Switches(recording: Recording, choose: (Recording) -> Unit) {
    Column(Modifier.selectableGroup()) {
        for (mode in Recording.entries) {
            val (name, about) = when (mode) {
                Recording.ON -> R.string.privacy_on to R.string.privacy_on_about
                Recording.PAUSED -> R.string.privacy_paused to R.string.privacy_paused_about
                Recording.INCOGNITO -> R.string.privacy_incognito to R.string.privacy_incognito_about
            }
            Row(
                Modifier.fillMaxWidth().clip(MaterialTheme.shapes.small)
                    .selectable(mode == recording, role = Role.RadioButton, onClick = { choose(mode) })
                    .padding(vertical = 8.dp),
                horizontalArrangement = Arrangement.spacedBy(12.dp),
            ) {
                RadioButton(mode == recording, onClick = null)
                Column {
                    Text(stringResource(name))
                    Note(stringResource(about))
                }
            }
        }
    }
}

@Composable
private fun EntryRow(entry: Entry, open: (Card) -> Unit, forget: () -> Unit, modifier: Modifier = Modifier) {
    val card = entry.card
    val title = card?.title ?: stringResource(R.string.privacy_unknown)
    Row(
        modifier.fillMaxWidth().clip(MaterialTheme.shapes.small)
            .clickable(enabled = card != null, onClick = { card?.let(open) })
            .padding(vertical = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Picture(card ?: Card(entry.event.itemId, title), Modifier.size(42.dp).clip(MaterialTheme.shapes.small))
        Column(Modifier.weight(1f)) {
            Text(title, maxLines = 1, overflow = TextOverflow.Ellipsis)
            Note(listOfNotNull(past(entry.event.kind), entry.event.query?.let { "“$it”" }).joinToString(" "))
        }
        IconButton(forget) {
            Icon(Icons.Close, contentDescription = stringResource(R.string.privacy_forget, title), Modifier.size(18.dp))
        }
    }
}
