package io.github.gensr.sample.model

import io.github.gensr.Event
import io.github.gensr.RecommendRequest
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Cards of a page of the feed, and its maximum. */
private const val PAGE = 12
private const val MOST = 120

/**
 * The feed.
 *
 * @property cards `null` until the first response.
 * @property events How many events the feed rests on, at most 100.
 */
data class FeedState(
    val cards: List<Card>? = null,
    val events: Int = 0,
    val problem: Problem? = null,
)

/** Recommendations for the history. It follows everything that the user does, and cancels an outdated request. */
class FeedModel(private val shop: Shop, scope: CoroutineScope) {
    private val current = MutableStateFlow(FeedState())
    private val limit = MutableStateFlow(PAGE)

    val state: StateFlow<FeedState> = current.asStateFlow()

    init {
        scope.launch { combine(shop.changes, limit) { _, limit -> limit }.collectLatest(::load) }
    }

    /** Loads more, when the last card is visible. */
    fun more() {
        val shown = current.value.cards?.size ?: return
        // Fewer than requested: there are no more.
        limit.update { if (shown < it) it else (it + PAGE).coerceAtMost(MOST) }
    }

    /** Hides an item, and moves similar ones down. */
    fun dislike(id: String) = shop.record(Event(id, Event.DISLIKE), ::failed)

    private suspend fun load(limit: Int): Unit = orProblem(::failed) {
        val cards = shop.engine.cards(shop.engine.recommend(RecommendRequest { limit(limit).attributes(cardAttributes) }))
        current.value = FeedState(cards, shop.engine.history().size)
    }

    private fun failed(problem: Problem) = current.update { it.copy(problem = problem) }
}
