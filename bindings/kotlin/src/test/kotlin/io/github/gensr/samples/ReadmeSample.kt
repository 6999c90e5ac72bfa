package io.github.gensr.samples

import io.github.gensr.AttributeValue
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.Forget
import io.github.gensr.Hit
import io.github.gensr.Item
import io.github.gensr.RecordedEvent
import io.github.gensr.Recording
import io.github.gensr.Upsert
import io.github.gensr.VectorProgress
import kotlinx.coroutines.flow.Flow
import java.io.File

/** The first block of the README, word for word (DocumentationTest compares), and the resulting history. */
internal suspend fun readme(pack: String, profileDirectory: File): List<RecordedEvent> {
    // README
    val engine = Engine.open(pack, EngineOptions(profileDirectory))
    val found = engine.search("light shell")
    for (hit in found.hits) println("${hit.id}  ${hit.title}")
    engine.record(found.hits.first().id, "view")
    val next = engine.recommend() // takes the view into account
    val alike = engine.similar(next.hits.first().id)
    // README
    check(alike.hits.size == 10)
    return engine.use { it.history() }
}

/** The sample of docs/typing.md. */
internal suspend fun readmeTyping(engine: Engine, texts: Flow<String>, show: (List<Hit>) -> Unit) {
    // TYPING
    // `texts` is a Flow<String> of what the search box holds: one text a keystroke.
    engine.typing(texts).collect { typed ->
        show(typed.response.hits) // first from words alone, then the full ranking
    }
    // TYPING
}

/** The first block of the README of this layer. */
internal suspend fun readmeControls(engine: Engine, file: File): List<RecordedEvent> {
    // README KOTLIN
    engine.forget(Forget.Item("g0001")) // or an event, a query, everything since a time; erased from the files as well
    engine.exportHistory(file) // JSON Lines; importHistory reads them
    engine.setRecording(Recording.INCOGNITO) // nothing is recorded, and responses are as for a new user
    // README KOTLIN
    return engine.history()
}

/** And the second one. */
internal suspend fun readmeItems(engine: Engine, show: (VectorProgress) -> Unit): List<Item?> {
    // README KOTLIN
    val price = AttributeValue.Number(12.5f)
    val job = engine.upsertItems(listOf(Upsert("s1", "Flimmerbock stove", "Burns pine needles.", mapOf("price" to price))))
    // Stored, and found by its words. After the job it is found by meaning as well; without a progress bar: job.run().
    job.runWithProgress().collect { show(it) }
    engine.removeItems(listOf("g0002"))
    val basket = engine.items(listOf("s1", "g0002")) // the second is null
    // README KOTLIN
    return basket
}
