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

/** Cards of a page of the feed, and the most that it shows. */
private const val PAGE = 12
private const val MOST = 120

/**
 * The feed.
 *
 * @property cards `null` until the first answer is there.
 * @property events How many events the feed rests on, at most 100.
 */
data class FeedState(
    val cards: List<Card>? = null,
    val events: Int = 0,
    val problem: Problem? = null,
)

/** What the history suggests. It follows everything that the user does, and stops an answer that would be out of date. */
class FeedModel(private val shop: Shop, scope: CoroutineScope) {
    private val current = MutableStateFlow(FeedState())
    private val limit = MutableStateFlow(PAGE)

    val state: StateFlow<FeedState> = current.asStateFlow()

    init {
        scope.launch { combine(shop.changes, limit) { _, limit -> limit }.collectLatest(::load) }
    }

    /** When the last card is in sight. */
    fun more() {
        val shown = current.value.cards?.size ?: return
        // Fewer than were asked for: there are no more.
        limit.update { if (shown < it) it else (it + PAGE).coerceAtMost(MOST) }
    }

    /** Never again, and less of what is like it. */
    fun dislike(id: String) = shop.record(Event(id, Event.DISLIKE), ::failed)

    private suspend fun load(limit: Int): Unit = orProblem(::failed) {
        val cards = shop.engine.cards(shop.engine.recommend(RecommendRequest(limit, attributes = cardAttributes)))
        current.value = FeedState(cards, shop.engine.history().size)
    }

    private fun failed(problem: Problem) = current.update { it.copy(problem = problem) }
}
