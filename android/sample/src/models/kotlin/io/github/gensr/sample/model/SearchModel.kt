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
 * @property text What the box holds.
 * @property query What [cards] answer; behind [text] for as long as the user types.
 * @property cards Hits, best first; from words at first, then as they are ranked.
 * @property found How many there are; `null` until they are ranked.
 * @property completions What the box could hold.
 */
data class SearchState(
    val text: String = "",
    val query: String = "",
    val cards: List<Card> = emptyList(),
    val found: Int? = null,
    val completions: List<Completion> = emptyList(),
    val problem: Problem? = null,
)

/**
 * Search as you type. A keystroke supersedes the one before: its call is stopped, and it never answers after.
 *
 * @param pause How long a text must have stood before it is searched for. The engine needs none; a list that is drawn anew at
 *   every keystroke is no pleasure.
 */
class SearchModel(private val shop: Shop, scope: CoroutineScope, private val pause: Duration = 40.milliseconds) {
    private val current = MutableStateFlow(SearchState())
    private val texts = MutableStateFlow("")

    val state: StateFlow<SearchState> = current.asStateFlow()

    init {
        scope.launch {
            shop.engine.typing().use { box ->
                // What the user does elsewhere, on the page of a hit for example, gives the same text another answer.
                combine(texts, shop.changes) { text, _ -> text }.collectLatest { text -> answer(box, text) }
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

    private suspend fun answer(box: Typing, text: String) {
        if (text.isBlank()) {
            current.update { it.copy(query = "", cards = emptyList(), found = null, problem = null) }
            return
        }
        delay(pause)
        orProblem({ problem -> current.update { it.copy(problem = problem) } }) {
            box.type(SearchRequest(text, limit = 30, attributes = cardAttributes)).collect { typed ->
                val cards = shop.engine.cards(typed.answer)
                val found = typed.answer.found.takeIf { typed.ranked }
                current.update { it.copy(query = text, cards = cards, found = found, problem = null) }
            }
        }
    }
}
