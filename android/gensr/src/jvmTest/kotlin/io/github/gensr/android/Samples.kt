/* Samples of docs/android.md, word for word between the marks (DocumentationTest compares and runs them). */
package io.github.gensr.android

import android.content.Context
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.GensrException
import io.github.gensr.Hit
import io.github.gensr.InstallRequest
import io.github.gensr.Installed
import io.github.gensr.SearchRequest
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.CoroutineScope
import java.io.File
import kotlin.time.Duration.Companion.days

internal suspend fun firstResult(context: Context): Triple<Engine, List<Hit>, AutoCloseable> {
    // ANDROID
    val engine = Engine.openAsset(context, "shop.gensr")
    val trimming = engine.trimMemoryWith(context) // gives memory back when the system asks; close it with the engine

    val found = engine.search("light shell")
    engine.record(found.hits.first().id, "view")
    val next = engine.recommend() // follows what was recorded a moment ago
    // ANDROID
    return Triple(engine, next.hits, trimming)
}

// ANDROID
class SearchBox(private val engine: Engine, scope: CoroutineScope) {
    val text = MutableStateFlow("")
    val hits = MutableStateFlow(emptyList<Hit>())

    private val answers: Job = scope.launch {
        // From words at once, then ranked. A newer text stops the call of the one before.
        engine.typing(text) { SearchRequest(it) { limit(30) } }.collect { hits.value = it.response.hits }
    }
}
// ANDROID

internal suspend fun playAssets(context: Context, location: String): Engine {
    // ANDROID
    // `location` is AssetPackManager.getPackLocation("shop").assetsPath(), once the pack is there.
    val engine = Engine.openFile(context, File(location, "shop.gensr"))
    // ANDROID
    return engine
}

internal suspend fun updates(context: Context, downloaded: File, sha256: String): Pair<Installed?, Engine> {
    // ANDROID
    val installed = File(context.noBackupFilesDir, "shop.gensr")
    val engine = Engine.openAsset(context, "shop.gensr", installed = installed)
    // … later, when a newer pack was downloaded:
    val changed = try {
        engine.install(InstallRequest(downloaded, sha256, destination = installed))
    } catch (refused: GensrException.BadPack) {
        null // not the file that was promised: everything is as it was
    }
    // ANDROID
    return changed to engine
}

internal suspend fun bounded(context: Context, user: String): Engine {
    // ANDROID
    val options = EngineOptions(profileFolder(context, user)) { maxEvents(5_000).maxAge(365.days) }
    val engine = Engine.openAsset(context, "shop.gensr", options)
    // ANDROID
    return engine
}
