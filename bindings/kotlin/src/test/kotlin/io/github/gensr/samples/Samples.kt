/* Samples of the documentation (`@sample`). DocumentationTest runs each of them on the demo pack. */
package io.github.gensr.samples

import io.github.gensr.Response
import io.github.gensr.AttributeValue
import io.github.gensr.Cap
import io.github.gensr.Diagnostics
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.Event
import io.github.gensr.Filter
import io.github.gensr.Forget
import io.github.gensr.Freshness
import io.github.gensr.GensrException
import io.github.gensr.History
import io.github.gensr.Hit
import io.github.gensr.InstallRequest
import io.github.gensr.Installed
import io.github.gensr.LeaveOut
import io.github.gensr.PackSource
import io.github.gensr.RecommendRequest
import io.github.gensr.Recording
import io.github.gensr.SearchRequest
import io.github.gensr.SimilarRequest
import io.github.gensr.TrimLevel
import io.github.gensr.Upsert
import io.github.gensr.VectorJob
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch
import java.io.File

internal suspend fun tour(pack: String, profileDirectory: File): List<Hit> =
    Engine.open(pack, EngineOptions(profileDirectory)).use { engine ->
        val found = engine.search("light shell")
        engine.record(found.hits.first().id, "view")
        engine.recommend().hits // follows what was recorded a moment ago
    }

internal suspend fun open(pack: String, profileDirectory: File): Engine =
    Engine.open(pack, EngineOptions(profileDirectory = profileDirectory))

internal suspend fun openDescriptor(fd: Int, offset: Long, length: Long): Engine =
    // On Android: the fields of `context.assets.openFd("shop.gensr")`.
    Engine.open(PackSource.Descriptor(fd, offset, length))

internal suspend fun search(engine: Engine): List<String> =
    engine.search("light shell").hits.map { it.title }

internal suspend fun searchRequest(engine: Engine, inBasket: List<String>): Response =
    engine.search(
        SearchRequest("light shell") {
            limit(20)
            filter("price < 150 AND NOT categories = shoes")
            exclude(inBasket)
            attributes("brand", "price")
        },
    )

internal suspend fun quote(engine: Engine, brand: String): Response =
    engine.search("light shell", filter = "brand = ${Filter.quote(brand)}")

internal suspend fun facets(engine: Engine): List<String> {
    val found = engine.search("light shell", facets = listOf("brand"))
    return found.facets.first().values.map { "${it.value} (${it.items})" }
}

internal fun highlights(hit: Hit): String =
    // In brackets, as a stand-in for a bold face. From the last to the first, so that the indices stay right.
    hit.highlights.foldRight(hit.title) { range, title -> title.replaceRange(range, "[${title.substring(range)}]") }

internal suspend fun complete(engine: Engine, typed: String): List<String> =
    engine.complete(typed, limit = 5).map { it.text }

internal suspend fun typing(engine: Engine, texts: Flow<String>, show: (List<Hit>) -> Unit) {
    engine.typing(texts) { SearchRequest(it) { limit(20) } }.collect { typed ->
        show(typed.response.hits)
    }
}

internal suspend fun typingSession(engine: Engine, show: (List<Hit>) -> Unit): Unit =
    engine.typing().use { box ->
        box.type("ten").collect { typed -> show(typed.response.hits) }
        box.type("tent").collect { typed -> show(typed.response.hits) }
    }

internal suspend fun recommend(engine: Engine): List<String> =
    engine.recommend(limit = 5).hits.map { it.title }

internal suspend fun recommendRequest(engine: Engine, justSeen: List<String>): Response =
    engine.recommend(
        RecommendRequest {
            // As if the user had viewed nothing else.
            history(History.Events(justSeen.map { Event(it, "view") }))
            leaveOut(LeaveOut.History)
            intent("for a weekend in the rain")
            caps(Cap("brand", limit = 2))
            freshness(Freshness("released"))
        },
    )

internal suspend fun similar(engine: Engine, itemId: String): List<String> =
    engine.similar(itemId, limit = 5).hits.map { it.title }

internal suspend fun similarRequest(engine: Engine, itemId: String, shown: List<String>): Response =
    engine.similar(SimilarRequest(itemId) { personalisation(0.5f).exclude(shown).attributes("brand") })

internal suspend fun record(engine: Engine, hit: Hit) {
    engine.record(hit.id, "view")
    // An item found by a search, with the query.
    engine.record(Event(hit.id, "search", query = "light shell"))
    // An item that the user does not want to see again.
    engine.record("g0002", Event.DISLIKE)
}

internal suspend fun recordMany(engine: Engine, bought: List<Pair<String, Long>>) {
    engine.recordMany(bought.map { (itemId, timestampMs) -> Event(itemId, "buy", timestampMs) })
}

internal suspend fun history(engine: Engine): List<String> =
    engine.history(limit = 20).asReversed().map { "${it.kind} ${it.itemId}" }

internal suspend fun forget(engine: Engine) {
    // An entry that the user swiped away.
    val swiped = engine.history(limit = 20).last()
    engine.forget(Forget.Event(swiped.id))
    engine.forget(Forget.Item("g0002"))
    // The last hour.
    engine.forget(Forget.Since(System.currentTimeMillis() - 3_600_000))
}

internal suspend fun exportHistory(engine: Engine, onNewPhone: Engine, file: File): Int {
    engine.exportHistory(file)
    return onNewPhone.importHistory(file)
}

internal suspend fun incognito(engine: Engine): List<Hit> {
    engine.setRecording(Recording.INCOGNITO)
    check(engine.recording() == Recording.INCOGNITO)
    val hits = engine.recommend().hits // as for a new user
    engine.setRecording(Recording.ON)
    return hits
}

internal suspend fun rotateKey(engine: Engine, newKey: ByteArray): Unit =
    try {
        engine.rotateKey(newKey)
    } finally {
        newKey.fill(0)
    }

internal suspend fun install(engine: Engine, downloaded: File, expectedSha256: String): Installed? =
    try {
        engine.install(InstallRequest(downloaded, expectedSha256))
    } catch (notThatPack: GensrException.BadPack) {
        null // fetch it again; the old one goes on
    } finally {
        downloaded.delete()
    }

internal suspend fun newest(installed: File, bundled: PackSource): Engine =
    // On Android `bundled` is a descriptor of an asset, and `installed` is in `noBackupFilesDir`.
    Engine.open(PackSource.newest(installed, bundled))

internal suspend fun upsertItems(engine: Engine): Int {
    val job = engine.upsertItems(
        listOf(Upsert("s1", "Flimmerbock stove", "Burns pine needles.", mapOf("price" to AttributeValue.Number(12.5f)))),
    )
    job.run() // may take a while, and may be cancelled
    return job.taken
}

internal suspend fun upsertProgress(job: VectorJob, show: (String) -> Unit): Unit =
    job.runWithProgress().collect { show("${it.done} of ${it.total}") }

internal suspend fun removeItems(engine: Engine, soldOut: List<String>): Int =
    engine.removeItems(soldOut)

internal suspend fun items(engine: Engine, basket: List<String>): List<String> =
    engine.items(basket).map { it?.title ?: "no longer sold" }

internal suspend fun pendingVectors(engine: Engine) {
    engine.pendingVectors().run()
}

internal suspend fun clearHistory(engine: Engine) {
    engine.clearHistory()
}

internal fun warmUp(engine: Engine, scope: CoroutineScope): Job = scope.launch {
    engine.warmUp()
}

internal suspend fun trimMemory(engine: Engine) {
    // In an Android app: from onTrimMemory, or when ProcessLifecycleOwner says that it has gone to the background.
    engine.trimMemory(TrimLevel.BACKGROUND)
}

internal suspend fun diagnostics(engine: Engine): String {
    val found: Diagnostics = engine.diagnostics()
    return "${found.catalogue}: ${found.items} items, gensr ${found.engineVersion}, ${found.profile.warnings}"
}

internal suspend fun close(pack: String): Response =
    Engine.open(pack).use { engine -> engine.search("light shell") }

internal fun attributes(hit: Hit): String = hit.attributes.entries.joinToString { (name, value) ->
    when (value) {
        is AttributeValue.Text -> "$name: ${value.value}"
        is AttributeValue.TextSet -> "$name: ${value.values.joinToString("/")}"
        is AttributeValue.Number -> "$name: ${value.value}"
        is AttributeValue.Date -> "$name: day ${value.epochDay}"
        is AttributeValue.Bool -> if (value.value) name else "not $name"
    }
}

internal suspend fun branchOnErrors(pack: String): Engine? =
    try {
        Engine.open(pack)
    } catch (error: GensrException) {
        when (error) {
            is GensrException.BadPack, is GensrException.Incompatible -> null // fetch another pack
            is GensrException.InvalidArgument -> throw error // a bug of the app
            is GensrException.Internal -> null // log error.reason, go on without
            is GensrException.Closed, is GensrException.Cancelled -> null // not from open
        }
    }
