package io.github.gensr.sample.model

import io.github.gensr.Engine
import io.github.gensr.GensrException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import java.io.File

/** The app from its start. */
sealed class ShopState {
    data object Opening : ShopState()

    data class Failed(val problem: Problem) : ShopState()

    data class Open(val shop: OpenShop) : ShopState()
}

/**
 * Opens the engine, and closes it.
 *
 * @param scope Lives as long as this; every call runs in it.
 * @param scratch A folder for temporary files; called on a background thread.
 * @param open Opens the engine.
 */
class ShopModel(
    private val scope: CoroutineScope,
    private val scratch: () -> File,
    private val open: suspend () -> Engine,
) : AutoCloseable {
    private val current = MutableStateFlow<ShopState>(ShopState.Opening)
    private var engine: Engine? = null

    val state: StateFlow<ShopState> = current.asStateFlow()

    init {
        start()
    }

    /** Tries again after a failure. */
    fun retry() {
        if (current.value is ShopState.Failed) start()
    }

    override fun close() {
        scope.cancel()
        engine?.close()
    }

    private fun start() {
        current.value = ShopState.Opening
        scope.launch {
            val opened = try {
                open().also { engine = it }.also { opened ->
                    // Last, as the models of the screens live as long as this.
                    val items = opened.diagnostics().items
                    current.value = ShopState.Open(OpenShop(Shop(opened, scope), scratch, items))
                }
            } catch (refused: GensrException) {
                engine?.close()
                // The asset is the app's own: a refused one is no request of the user's.
                current.value = ShopState.Failed(refused.problem.takeUnless { it == Problem.REQUEST } ?: Problem.PACK)
                return@launch
            }
            // The first search does the same and reports errors: no reason to close an open shop.
            orProblem({}) { opened.warmUp() }
        }
    }
}

/** A page on the screen. */
sealed class Page {
    data object Discover : Page()

    data object Privacy : Page()

    /** @property model Ends when the page is left. */
    class Item internal constructor(val model: ItemModel, internal val job: Job) : Page()
}

/**
 * The screens over an engine, and which of them is to be seen.
 *
 * @property items Items in the catalogue.
 */
class OpenShop(private val shop: Shop, scratch: () -> File, val items: Int) {
    private val pages = MutableStateFlow<List<Page>>(listOf(Page.Discover))

    val search: SearchModel = SearchModel(shop, shop.scope)
    val feed: FeedModel = FeedModel(shop, shop.scope)
    val privacy: PrivacyModel = PrivacyModel(shop, shop.scope, scratch)

    /** From the first page to the one that is seen; never empty. */
    val stack: StateFlow<List<Page>> = pages.asStateFlow()

    /** @param query The query whose answer it was in; `null` elsewhere. */
    fun show(card: Card, query: String? = null) {
        val job = Job(shop.scope.coroutineContext[Job])
        pages.update { it + Page.Item(ItemModel(shop, shop.scope + job, card, query), job) }
    }

    /** The first page. */
    fun showDiscover() {
        var left = back()
        while (left) left = back()
    }

    fun showPrivacy() {
        pages.update { if (it.last() == Page.Privacy) it else it + Page.Privacy }
    }

    /** The page before; `false` where there is none. */
    fun back(): Boolean {
        val left = pages.value.takeIf { it.size > 1 }?.last() ?: return false
        pages.update { it.dropLast(1) }
        (left as? Page.Item)?.job?.cancel()
        return true
    }
}
