/* What the documentation shows (`@sample`). SamplesTest runs each of these on the demo pack. */
package io.github.gensr.samples

import io.github.gensr.Answer
import io.github.gensr.AttributeValue
import io.github.gensr.Diagnostics
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.Event
import io.github.gensr.GensrException
import io.github.gensr.History
import io.github.gensr.Hit
import io.github.gensr.PackSource
import io.github.gensr.RecommendRequest
import io.github.gensr.SearchRequest
import io.github.gensr.SimilarRequest
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
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
    // On Android: what `context.assets.openFd("shop.gensr")` has.
    Engine.open(PackSource.Descriptor(fd, offset, length))

internal suspend fun search(engine: Engine): List<String> =
    engine.search("light shell").hits.map { it.title }

internal suspend fun searchRequest(engine: Engine, inBasket: List<String>): Answer =
    engine.search(
        SearchRequest(
            query = "light shell",
            limit = 20,
            exclude = inBasket,
            attributes = listOf("brand", "price"),
        ),
    )

internal suspend fun recommend(engine: Engine): List<String> =
    engine.recommend(limit = 5).hits.map { it.title }

internal suspend fun recommendRequest(engine: Engine, justSeen: List<String>): Answer =
    engine.recommend(
        RecommendRequest(
            // As if these were all that the user had ever looked at.
            history = History.Events(justSeen.map { Event(it, "view") }),
            excludeHistory = true,
        ),
    )

internal suspend fun similar(engine: Engine, itemId: String): List<String> =
    engine.similar(itemId, limit = 5).hits.map { it.title }

internal suspend fun similarRequest(engine: Engine, itemId: String, shown: List<String>): Answer =
    engine.similar(SimilarRequest(itemId, exclude = shown, attributes = listOf("brand")))

internal suspend fun record(engine: Engine, hit: Hit) {
    engine.record(hit.id, "view")
    // What was found by searching says which query led to it.
    engine.record(Event(hit.id, "search", query = "light shell"))
}

internal suspend fun recordMany(engine: Engine, bought: List<Pair<String, Long>>) {
    engine.recordMany(bought.map { (itemId, timestampMs) -> Event(itemId, "buy", timestampMs) })
}

internal suspend fun history(engine: Engine): List<String> =
    engine.history(limit = 20).asReversed().map { "${it.kind} ${it.itemId}" }

internal suspend fun clearHistory(engine: Engine) {
    engine.clearHistory()
}

internal fun warmUp(engine: Engine, scope: CoroutineScope): Job = scope.launch {
    engine.warmUp()
}

internal suspend fun trimMemory(engine: Engine) {
    // In an Android app: when ProcessLifecycleOwner says that it has gone to the background.
    engine.trimMemory()
}

internal suspend fun diagnostics(engine: Engine): String {
    val found: Diagnostics = engine.diagnostics()
    return "${found.catalogue}: ${found.items} items, gensr ${found.engineVersion}, ${found.profile.warnings}"
}

internal suspend fun close(pack: String): Answer =
    Engine.open(pack).use { engine -> engine.search("light shell") }

internal fun attributes(hit: Hit): String = hit.attributes.entries.joinToString { (name, value) ->
    when (value) {
        is AttributeValue.Text -> "$name: ${value.value}"
        is AttributeValue.Set -> "$name: ${value.values.joinToString("/")}"
        is AttributeValue.Number -> "$name: ${value.value}"
        is AttributeValue.Date -> "$name: day ${value.epochDay}"
        is AttributeValue.Flag -> if (value.value) name else "not $name"
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
