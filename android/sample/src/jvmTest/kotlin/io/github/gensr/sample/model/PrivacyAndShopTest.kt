package io.github.gensr.sample.model

import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.Event
import io.github.gensr.GensrException
import io.github.gensr.Recording
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.isActive
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.mockito.Mockito.doAnswer
import org.mockito.Mockito.spy
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import kotlin.time.Duration.Companion.minutes

class PrivacyAndShopTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `what was recorded is shown, the newest first, and forgotten one by one or all`() = onPrivacy { shop, model ->
        val seen = model.state.await { it.entries.size == 3 }.entries
        assertEquals(listOf("g0003", "g0002", "g0001"), seen.map { it.event.itemId })
        assertEquals(listOf("buy", "search", "view"), seen.map { it.event.kind })
        assertEquals("tent", seen[1].event.query)
        assertEquals(shop.engine.items(listOf("g0003")).single()!!.title, seen[0].card!!.title)
        model.forget(seen[1])
        assertEquals(listOf("g0003", "g0001"), model.state.await { it.entries.size == 2 }.entries.map { it.event.itemId })
        model.clear()
        model.state.await { it.entries.isEmpty() }
        assertEquals(0, shop.engine.history().size)
    }

    @Test
    fun `an item that the catalogue has no more is an entry without a name`() = onPrivacy { shop, model ->
        shop.change { record("gone", "view") }
        assertNull(model.state.await { it.entries.size == 4 }.entries.first().card)
    }

    @Test
    fun `the switches do what they say, on the feed, too`() = onPrivacy { shop, model ->
        val feed = FeedModel(shop, backgroundScope)
        val known = feed.state.await { it.events == 3 }.cards!!.map { it.id }
        model.record(Recording.PAUSED)
        model.state.await { it.recording == Recording.PAUSED }
        shop.change { record("g0009", "view") }
        assertEquals(3, shop.engine.history().size)
        model.record(Recording.INCOGNITO)
        assertEquals(emptyList<Entry>(), model.state.await { it.recording == Recording.INCOGNITO }.entries)
        val stranger = Engine.open(demo.path).use { engine -> engine.recommend(12).hits.map { it.id } }
        assertEquals(stranger, feed.state.await { it.events == 0 }.cards!!.map { it.id })
        model.record(Recording.ON)
        assertEquals(3, model.state.await { it.recording == Recording.ON }.entries.size)
        assertEquals(known, feed.state.await { it.events == 3 }.cards!!.map { it.id })
    }

    @Test
    fun `an export goes where the user said, and nowhere else`() = onPrivacy { shop, model ->
        val out = ByteArrayOutputStream()
        model.export { out }
        assertEquals(3, model.state.await { it.exported != null }.exported)
        assertEquals(3, out.toString().lines().count { "\"item_id\"" in it })
        assertTrue("\"query\":\"tent\"" in out.toString())
        model.export { throw IOException("no room") }
        assertEquals(Problem.DEVICE, model.state.await { it.problem != null }.problem)
        assertEquals(emptyList<String>(), folder.list()!!.toList(), "no copy is left behind")
        assertEquals(3, shop.engine.history().size)
    }

    @Test
    fun `a shop that cannot open says why, and opens later`() = shopTest { life ->
        val packs = ArrayDeque(listOf(File(folder, "none"), newer, demo))
        val model = ShopModel(life, { folder }) { Engine.open(packs.removeFirst().path) }
        assertEquals(ShopState.Failed(Problem.PACK), model.state.await { it is ShopState.Failed })
        model.retry()
        assertEquals(ShopState.Failed(Problem.PACK), model.state.await { it == ShopState.Failed(Problem.PACK) })
        model.retry()
        val open = model.state.await { it is ShopState.Open } as ShopState.Open
        assertTrue(open.shop.items > 5000)
        model.retry() // nothing to do
        assertSame(open, model.state.value)
        model.close()
    }

    @Test
    fun `a shop that cannot be made ready ahead stays open`() = shopTest { life ->
        lateinit var engine: Engine
        val refused = CompletableDeferred<Unit>()
        val model = ShopModel(life, { folder }) {
            engine = spy(Engine.open(demo.path))
            doAnswer {
                refused.complete(Unit)
                throw GensrException.Internal("no room")
            }.`when`(engine).warmUp()
            engine
        }
        val open = model.state.await { it is ShopState.Open } as ShopState.Open
        refused.await()
        assertEquals(10, engine.search("tent").hits.size)
        open.shop.search.type("tent")
        open.shop.search.state.await { it.totalHits != null }
        assertSame(open, model.state.value)
        model.close()
    }

    @Test
    fun `pages are a stack, and one that is left ends`() = shopTest { life ->
        val model = ShopModel(life, { folder }) { Engine.open(demo.path) }
        val shop = (model.state.await { it is ShopState.Open } as ShopState.Open).shop
        assertFalse(shop.back(), "nothing before the first page")
        val cards = shop.feed.state.await { it.cards != null }.cards!!
        shop.show(cards[0])
        shop.show(cards[1], query = "tent")
        val item = shop.stack.value.last() as Page.Item
        assertEquals(cards[1], item.model.state.value.card)
        assertTrue(shop.back())
        assertFalse(item.job.isActive)
        assertTrue((shop.stack.value.last() as Page.Item).job.isActive)
        assertTrue(shop.back())
        shop.showPrivacy()
        shop.showPrivacy()
        assertEquals(listOf(Page.Discover, Page.Privacy), shop.stack.value)
        shop.privacy.state.await { it.entries.size == 2 }
        shop.show(cards[2])
        shop.showDiscover()
        assertEquals(listOf<Page>(Page.Discover), shop.stack.value)
        model.close()
    }

    @Test
    fun `closing the shop closes the engine and lets go of the history`() = shopTest { life ->
        val options = EngineOptions(File(folder, "profile"))
        lateinit var engine: Engine
        val model = ShopModel(life, { folder }) { Engine.open(demo.path, options).also { engine = it } }
        model.state.await { it is ShopState.Open }
        model.close()
        assertFalse(life.isActive)
        try {
            engine.history()
            error("it is open")
        } catch (_: GensrException.Closed) {
            Engine.open(demo.path, options).close()
        }
    }

    private fun onPrivacy(body: suspend TestScope.(Shop, PrivacyModel) -> Unit) = onShop { shop ->
        shop.change {
            recordMany(listOf(Event("g0001", "view"), Event("g0002", "search", query = "tent"), Event("g0003", "buy")))
        }
        body(shop, PrivacyModel(shop, backgroundScope) { folder })
    }

    private fun shopTest(body: suspend (CoroutineScope) -> Unit): Unit = runTest(timeout = 5.minutes) {
        body(CoroutineScope(coroutineContext + SupervisorJob(backgroundScope.coroutineContext[kotlinx.coroutines.Job])))
    }
}
