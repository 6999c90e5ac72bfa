package io.github.gensr.sample.model

import io.github.gensr.Engine
import io.github.gensr.Hit
import io.github.gensr.Reason
import io.github.gensr.ReasonKind
import kotlin.math.abs

/** Why an item is shown, for a screen to word. */
sealed class Why {
    /** @property kind What the user did with the item of that title: `view`, `buy`, ... */
    data class Because(val kind: String, val title: String) : Why()

    /** @property words Words of the query that the item has. */
    data class Matches(val words: String) : Why()

    /** @property words Words of the query that its title has. */
    data class InTitle(val words: String) : Why()

    /** Other kinds, which have no details. */
    data class Simple(val kind: ReasonKind) : Why()
}

/**
 * A reason and its share of the score.
 *
 * @property part Compared with the weightiest reason of the item, from -1 to 1.
 */
data class Share(val why: Why, val part: Float)

/** Titles and events that reasons refer to. */
internal class Reasons(private val titles: Map<String, String>, private val kinds: Map<String, String>) {

    fun best(hit: Hit): Why? = hit.reasons.filter { it.kind in short }.sortedByDescending { it.weight }.firstNotNullOfOrNull(::why)

    fun shares(hit: Hit): List<Share> {
        val most = hit.reasons.maxOfOrNull { abs(it.weight) }?.takeIf { it > 0 } ?: return emptyList()
        return hit.reasons.sortedByDescending { abs(it.weight) }
            .map { Share(why(it) ?: Why.Simple(it.kind), it.weight / most) }
    }

    private fun why(reason: Reason): Why? = when (reason.kind) {
        ReasonKind.NEIGHBOURS, ReasonKind.SEEDS -> reason.terms.firstOrNull { it in titles }
            ?.let { Why.Because(kinds[it] ?: "view", titles.getValue(it)) }
        ReasonKind.WORDS -> reason.terms.takeIf { it.isNotEmpty() }?.let { Why.Matches(it.joinToString(" ")) }
        ReasonKind.TITLE -> reason.terms.takeIf { it.isNotEmpty() }?.let { Why.InTitle(it.joinToString(" ")) }
        else -> Why.Simple(reason.kind)
    }

    companion object {
        /** Kinds that make sense in a chip; a model's score does not. */
        private val short = setOf(
            ReasonKind.NEIGHBOURS, ReasonKind.SEEDS, ReasonKind.WORDS, ReasonKind.TITLE, ReasonKind.EXPLORATION, ReasonKind.FRESHNESS,
            ReasonKind.HISTORY,
        )
    }
}

/** Looks up what the reasons of these hits refer to. */
internal suspend fun Engine.reasons(hits: List<Hit>): Reasons {
    val ids = hits.flatMap { hit -> hit.reasons.filter { it.kind == ReasonKind.NEIGHBOURS || it.kind == ReasonKind.SEEDS } }
        .flatMap { it.terms }.distinct()
    if (ids.isEmpty()) return Reasons(emptyMap(), emptyMap())
    val titles = items(ids).filterNotNull().associate { it.id to it.title.ifEmpty { it.id } }
    return Reasons(titles, history().associate { it.itemId to it.kind })
}
