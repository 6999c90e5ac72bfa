import io.github.gensr.Response
import io.github.gensr.AttributeValue
import io.github.gensr.Engine
import io.github.gensr.RecommendRequest
import io.github.gensr.SearchRequest
import kotlinx.coroutines.runBlocking

/**
 * A shop app without a screen: search, look at something, get suggestions that follow it, forget it all.
 *
 *     scripts/example-kotlin [PACK]     (default: models/demo/demo.gensr)
 */
fun main(arguments: Array<String>): Unit = runBlocking {
    val pack = arguments.firstOrNull() ?: "models/demo/demo.gensr"
    // No profile folder: the history lives in memory and ends with the engine. An app passes a private folder.
    Engine.open(pack).use { engine ->
        val found = engine.search(SearchRequest("light shell") { attributes("price") })
        show("search: light shell", found)

        val seen = found.hits.take(2)
        for (hit in seen) engine.record(hit.id, "view")
        show("suggested after two views", engine.recommend(RecommendRequest { attributes("price") }))

        val first = found.hits.first()
        show("like ${first.title}", engine.similar(first.id))

        engine.clearHistory()
        println("erased: ${engine.history().size} events are left")
    }
}

private fun show(what: String, answer: Response) {
    println("%s  (%.2f ms)".format(what, answer.timings.last().ms))
    for (hit in answer.hits.take(5)) {
        val price = (hit.attributes["price"] as? AttributeValue.Number)?.let { "%.2f".format(it.value) }.orEmpty()
        println("  %6.2f  %s  %s  %s".format(hit.score, hit.id, hit.title, price).trimEnd())
    }
    println()
}
