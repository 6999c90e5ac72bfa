package io.github.gensr.sample.model

import io.github.gensr.Completion
import io.github.gensr.SearchRequest
import io.github.gensr.Typing
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * The search box and what is below it.
 *
 * @property text Text of the box.
 * @property query Query of [cards]; behind [text] while the user types.
 * @property cards Hits, best first; from words at first, then ranked.
 * @property totalHits Hits on all pages together; `null` until they are ranked.
 * @property completions Completions of [text].
 */
data class SearchState(
    val text: String = "",
    val query: String = "",
    val cards: List<Card> = emptyList(),
    val totalHits: Int? = null,
    val completions: List<Completion> = emptyList(),
    val problem: Problem? = null,
)

/**
 * Search as you type. A keystroke supersedes the one before, whose call is stopped.
 *
 * @param pause Debounce. The engine needs none; it keeps the list from flickering at every keystroke.
 */
class SearchModel(private val shop: Shop, scope: CoroutineScope, private val pause: Duration = 40.milliseconds) {
    private val current = MutableStateFlow(SearchState())
    private val texts = MutableStateFlow("")

    val state: StateFlow<SearchState> = current.asStateFlow()

    init {
        scope.launch {
            shop.engine.typing().use { box ->
                // Events on other screens change the response to the same text.
                combine(texts, shop.changes) { text, _ -> text }.collectLatest { text -> search(box, text) }
            }
        }
        scope.launch {
            combine(texts, shop.changes) { text, _ -> text }.collectLatest { text ->
                orProblem({}) {
                    val completions = shop.engine.complete(text, limit = 6)
                    current.update { it.copy(completions = completions.filter { completion -> completion.text != text }) }
                }
            }
        }
    }

    fun type(text: String) {
        current.update { it.copy(text = text) }
        texts.value = text
    }

    private suspend fun search(box: Typing, text: String) {
        if (text.isBlank()) {
            current.update { it.copy(query = "", cards = emptyList(), totalHits = null, problem = null) }
            return
        }
        delay(pause)
        orProblem({ problem -> current.update { it.copy(problem = problem) } }) {
            box.type(SearchRequest(text) { limit(30).attributes(cardAttributes) }).collect { typed ->
                val cards = shop.engine.cards(typed.response)
                val total = typed.response.totalHits.takeIf { typed.ranked }
                current.update { it.copy(query = text, cards = cards, totalHits = total, problem = null) }
            }
        }
    }
}
