package io.github.gensr.sample.model

import io.github.gensr.Forget
import io.github.gensr.Recording
import io.github.gensr.RecordedEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File
import java.io.IOException
import java.io.OutputStream

/** An event of the history, and the item that it is about; `null` where the catalogue has it no more. */
data class Entry(val event: RecordedEvent, val card: Card?)

/**
 * The recorded history and its controls.
 *
 * @property entries The last events, newest first.
 * @property exported How many events the last export wrote; `null` before one.
 */
data class PrivacyState(
    val recording: Recording = Recording.ON,
    val entries: List<Entry> = emptyList(),
    val exported: Int? = null,
    val problem: Problem? = null,
)

/** @param scratch A folder of the app's own, in which an export lies for a moment; asked for on a thread that may wait. */
class PrivacyModel(private val shop: Shop, scope: CoroutineScope, private val scratch: () -> File) {
    private val current = MutableStateFlow(PrivacyState())

    val state: StateFlow<PrivacyState> = current.asStateFlow()

    init {
        scope.launch { shop.changes.collectLatest { orProblem(::failed) { load() } } }
    }

    fun record(recording: Recording) = act { shop.change { setRecording(recording) } }

    fun forget(entry: Entry) = act { shop.change { forget(Forget.Event(entry.event.id)) } }

    /** Erases everything, for good. */
    fun clear() = act { shop.change { clearHistory() } }

    /**
     * Writes the history to a place that the user has chosen, and closes it.
     *
     * @param target Opens the place; on a thread that may wait.
     */
    fun export(target: () -> OutputStream) = act {
        try {
            // Said when it is over, and the copy is gone.
            val events = withContext(Dispatchers.IO) { write(target) }
            current.update { it.copy(exported = events) }
        } catch (_: IOException) {
            failed(Problem.DEVICE)
        }
    }

    private suspend fun write(target: () -> OutputStream): Int {
        val file = File.createTempFile("history", ".jsonl", scratch())
        try {
            val events = shop.engine.exportHistory(file)
            target().use { out -> file.inputStream().use { it.copyTo(out) } }
            return events
        } finally {
            withContext(NonCancellable) { file.delete() }
        }
    }

    private fun act(call: suspend () -> Unit) {
        shop.scope.launch { orProblem(::failed, call) }
    }

    private suspend fun load() {
        val recording = shop.engine.recording()
        val events = shop.engine.history().asReversed()
        val items = shop.engine.items(events.map { it.itemId })
        val entries = events.zip(items) { event, item -> Entry(event, item?.run { card(id, title, attributes) }) }
        current.value = PrivacyState(recording, entries)
    }

    private fun failed(problem: Problem) = current.update { it.copy(problem = problem) }
}
