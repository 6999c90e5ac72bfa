package io.github.gensr.sample.model

import io.github.gensr.AttributeValue
import io.github.gensr.Event
import io.github.gensr.SimilarRequest
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/**
 * The page of an item.
 *
 * @property card The card that was tapped, with its reasons.
 * @property details All attributes of the item, in the order of the catalogue.
 * @property similar Similar items.
 * @property done Kinds of events that the user has added on this page.
 */
data class ItemState(
    val card: Card,
    val details: Map<String, AttributeValue> = emptyMap(),
    val similar: List<Card> = emptyList(),
    val done: Set<String> = emptySet(),
    val problem: Problem? = null,
)

/**
 * Opening a page records an event: a search with its query, or a view.
 *
 * @param query The query that led here, if any.
 */
class ItemModel(private val shop: Shop, scope: CoroutineScope, card: Card, query: String? = null) {
    private val current = MutableStateFlow(ItemState(card))

    val state: StateFlow<ItemState> = current.asStateFlow()

    init {
        add(if (query == null) Event(card.id, "view") else Event(card.id, "search", query = query))
        scope.launch {
            orProblem(::failed) {
                val details = shop.engine.items(listOf(card.id)).single()?.attributes.orEmpty()
                current.update { it.copy(details = details) }
                val similar = shop.engine.similar(SimilarRequest(card.id) { limit(12).attributes(cardAttributes) })
                current.update { it.copy(similar = similar.hits.map(::card)) }
            }
        }
    }

    /** Adds an event of the kind `like`, `buy` or [Event.DISLIKE]. */
    fun act(kind: String) {
        current.update { it.copy(done = it.done + kind) }
        add(Event(current.value.card.id, kind))
    }

    private fun add(event: Event) = shop.record(event, ::failed)

    private fun failed(problem: Problem) = current.update { it.copy(problem = problem) }
}
