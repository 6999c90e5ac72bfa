package io.github.gensr.samples

import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.Hit
import io.github.gensr.RecordedEvent
import kotlinx.coroutines.flow.Flow
import java.io.File

/** The first block of the README, word for word (DocumentationTest compares), and the history that it leaves. */
internal suspend fun readme(pack: String, profileDirectory: File): List<RecordedEvent> {
    // README
    val engine = Engine.open(pack, EngineOptions(profileDirectory))

    val found = engine.search("light shell")
    for (hit in found.hits) {
        println("${hit.id}  ${hit.title}")
    }
    engine.record(found.hits.first().id, "view")
    val next = engine.recommend() // follows what was recorded a moment ago
    val alike = engine.similar(next.hits.first().id)
    // README
    check(alike.hits.size == 10)
    return engine.use { it.history() }
}

/** The second one. */
internal suspend fun readmeTyping(engine: Engine, texts: Flow<String>, show: (List<Hit>) -> Unit) {
    // README
    // `texts` is a Flow<String> of what the search box holds: one text a keystroke.
    engine.typing(texts).collect { typed ->
        show(typed.answer.hits) // from words at once, then ranked; a newer keystroke stops the one before
    }
    // README
}
