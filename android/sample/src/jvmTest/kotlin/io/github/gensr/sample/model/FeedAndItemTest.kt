package io.github.gensr.sample.model

import io.github.gensr.AttributeValue
import io.github.gensr.Event
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.plus
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class FeedAndItemTest {
    private val FeedState.ids get() = cards?.map { it.id }

    @Test
    fun `the feed follows what was done, and says why`() = onShop { shop ->
        val model = FeedModel(shop, backgroundScope)
        val stranger = model.state.await { it.cards != null }
        assertEquals(shop.engine.recommend(12).hits.map { it.id }, stranger.ids)
        assertEquals(0, stranger.events)
        for (hit in shop.engine.search("tent", limit = 3).hits) shop.record(Event(hit.id, "view")) { error("$it") }
        val known = model.state.await { it.events == 3 }
        assertEquals(shop.engine.recommend(12).hits.map { it.id }, known.ids)
        assertTrue(known.ids != stranger.ids)
        assertTrue(known.cards!!.any { (it.why as? Why.Because)?.kind == "view" })
    }

    @Test
    fun `more of it, to an end`() = onShop { shop ->
        val model = FeedModel(shop, backgroundScope)
        model.more() // before the first answer: nothing to go on from
        val first = model.state.await { it.cards != null }.ids!!
        assertEquals(12, first.size)
        repeat(15) { model.more() }
        val next = model.state.await { it.cards!!.size > 12 }.ids!!
        assertEquals(24, next.size, "a page at a time, however often the end is in sight")
        assertEquals(first, next.take(12))
    }

    @Test
    fun `what is disliked is gone from the next one`() = onShop { shop ->
        val model = FeedModel(shop, backgroundScope)
        val first = model.state.await { it.cards != null }.ids!!.first()
        model.dislike(first)
        assertFalse(first in model.state.await { it.events == 1 }.ids!!)
    }

    @Test
    fun `an answer that would be out of date is stopped`() = onShop(endless) { shop ->
        val life = Job()
        val model = FeedModel(shop, backgroundScope + life)
        repeat(3) {
            shop.awaitRunning(1)
            shop.change { record("g0001", "view") }
        }
        shop.awaitRunning(1)
        life.cancelAndJoin()
        shop.awaitRunning(0)
        assertEquals(FeedState(), model.state.value)
    }

    @Test
    fun `opening an item is an event, even if its page is left at once`() = onShop { shop ->
        val card = shop.engine.cards(shop.engine.search("tent")).first()
        val page = Job()
        ItemModel(shop, backgroundScope + page, card, query = "tent")
        page.cancel()
        shop.changes.await { it == 1 }
        ItemModel(shop, backgroundScope, card)
        shop.changes.await { it == 2 }
        assertEquals(listOf("search" to "tent", "view" to null), shop.engine.history().map { it.kind to it.query })
    }

    @Test
    fun `the page of an item has its details, what is like it, and what can be done`() = onShop { shop ->
        val card = shop.engine.cards(shop.engine.recommend()).first()
        val model = ItemModel(shop, backgroundScope, card)
        val state = model.state.await { it.similar.isNotEmpty() }
        assertEquals(card, state.card)
        assertTrue(state.details["price"] is AttributeValue.Number && state.details["in_stock"] is AttributeValue.Bool)
        assertEquals(shop.engine.similar(card.id, limit = 12).hits.map { it.id }, state.similar.map { it.id })
        model.act("like")
        model.act(Event.DISLIKE)
        shop.changes.await { it == 3 }
        assertEquals(setOf("like", "dislike"), model.state.value.done)
        assertEquals(listOf("view", "like", "dislike"), shop.engine.history().map { it.kind })
    }

    @Test
    fun `what is done quickly is recorded in its order`() = onShop { shop ->
        val model = ItemModel(shop, backgroundScope, shop.engine.cards(shop.engine.recommend()).first())
        val kinds = List(40) { if (it % 2 == 0) "like" else Event.DISLIKE }
        kinds.forEach(model::act)
        shop.changes.await { it == 41 }
        assertEquals(listOf("view") + kinds, shop.engine.history().map { it.kind })
    }

    @Test
    fun `an event that the engine refuses is a problem of the page`() = onShop { shop ->
        val model = ItemModel(shop, backgroundScope, Card("x".repeat(300), "nothing"))
        assertEquals(Problem.REQUEST, model.state.await { it.problem != null }.problem)
        assertEquals(0, shop.changes.value)
    }
}
