package io.github.gensr.sample.model

import io.github.gensr.CompletionKind
import io.github.gensr.Event
import io.github.gensr.ReasonKind
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.milliseconds

class SearchModelTest {
    @Test
    fun `shows what a search answers, words first`() = onShop { shop ->
        val model = SearchModel(shop, backgroundScope)
        val seen = recorded(model)
        model.type("tent")
        val ranked = model.state.await { it.totalHits != null }
        val wanted = shop.engine.search("tent", limit = 30)
        assertEquals(wanted.hits.map { it.id }, ranked.cards.map { it.id })
        assertEquals(wanted.totalHits, ranked.totalHits)
        assertTrue(seen.any { it.query == "tent" && it.cards.isNotEmpty() && it.totalHits == null }, "from words, before that")
        val first = ranked.cards.first()
        assertTrue(first.highlights.isNotEmpty() && first.brand != null && first.price != null && first.categories.isNotEmpty())
        assertTrue(ranked.cards.all { it.why is Why.InTitle || it.why is Why.Matches })
    }

    @Test
    fun `searches for a text when it has stood for a moment`() = onShop { shop ->
        val model = SearchModel(shop, backgroundScope, pause = 40.milliseconds)
        val seen = recorded(model)
        for (text in listOf("t", "te", "ten")) {
            model.type(text)
            advanceTimeBy(39)
        }
        model.type("tent")
        model.state.await { it.totalHits != null }
        assertEquals(setOf("", "tent"), seen.mapTo(mutableSetOf()) { it.query })
        assertEquals(listOf("t", "te", "ten", "tent"), seen.map { it.text }.filter { it.isNotEmpty() }.distinct())
    }

    @Test
    fun `a newer text stops the call of the older one`() = onShop(endless) { shop ->
        val life = Job()
        val model = SearchModel(shop, backgroundScope + life)
        val seen = recorded(model)
        for (text in listOf("tent", "stove", "shell")) {
            model.type(text)
            model.state.await { it.query == text }
            shop.awaitRunning(1)
        }
        model.type(" ")
        shop.awaitRunning(0)
        assertEquals(emptyList<Card>(), model.state.await { it.query == "" }.cards)
        assertTrue(seen.all { it.totalHits == null && it.problem == null })
        model.type("tent")
        shop.awaitRunning(1)
        life.cancelAndJoin()
        shop.awaitRunning(0)
    }

    @Test
    fun `the same text is answered anew when the history has changed`() = onShop { shop ->
        val model = SearchModel(shop, backgroundScope)
        model.type("shell")
        val stranger = model.state.await { it.totalHits != null }.cards.map { it.id }
        shop.change { recordMany(stranger.takeLast(8).map { Event(it, "buy") }) }
        val known = model.state.await { state -> state.totalHits != null && state.cards.map { it.id } != stranger }
        assertEquals(shop.engine.search("shell", limit = 30).hits.map { it.id }, known.cards.map { it.id })
    }

    @Test
    fun `completes by the user's own queries, and by titles`() = onShop { shop ->
        val model = SearchModel(shop, backgroundScope)
        model.type("ten")
        val completions = model.state.await { it.completions.isNotEmpty() }.completions
        assertTrue(completions.size <= 6 && completions.none { it.text == "ten" })
        shop.change { record(Event("g0001", "search", query = "tent for two")) }
        val own = model.state.await { it.completions.firstOrNull()?.kind == CompletionKind.QUERY }
        assertEquals("tent for two", own.completions.first().text)
    }

    @Test
    fun `a text that is refused is a problem until the next one`() = onShop { shop ->
        val model = SearchModel(shop, backgroundScope)
        model.type("x".repeat(5000))
        assertEquals(Problem.REQUEST, model.state.await { it.problem != null }.problem)
        model.type("tent")
        assertNull(model.state.await { it.totalHits != null }.problem)
    }

    @Test
    fun `reasons say what led to an item, by name`() = onShop { shop ->
        val bought = shop.engine.search("tent").hits.first()
        shop.change { record(bought.id, "buy") }
        val cards = shop.engine.cards(shop.engine.recommend())
        val because = cards.mapNotNull { it.why as? Why.Because }
        assertTrue(because.isNotEmpty() && because.all { it == Why.Because("buy", bought.title) }, "$because")
        for (card in cards) {
            assertTrue(card.shares.any { it.why == Why.Simple(ReasonKind.MODEL) })
            assertEquals(1f, card.shares.maxOf { kotlin.math.abs(it.part) })
        }
    }

    /** Every state that a screen may have shown. */
    private fun TestScope.recorded(model: SearchModel) =
        mutableListOf<SearchState>().also { backgroundScope.launch { model.state.collect(it::add) } }
}
