package io.github.gensr.sample.model

import io.github.gensr.AttributeValue
import io.github.gensr.Engine
import io.github.gensr.Hit
import io.github.gensr.Response

/**
 * An item as a list shows it.
 *
 * @property highlights Ranges of [title] that match the query.
 * @property why The best reason that can be said in a few words; `null` where there is none.
 * @property shares All reasons, the weightiest first.
 * @property categories The narrowest last, as the catalogue has them; the picture is drawn from them.
 */
data class Card(
    val id: String,
    val title: String,
    val highlights: List<IntRange> = emptyList(),
    val brand: String? = null,
    val price: Float? = null,
    val colour: String? = null,
    val categories: List<String> = emptyList(),
    val why: Why? = null,
    val shares: List<Share> = emptyList(),
)

/** The attributes that a [Card] is made of; columns of the demo catalogue. */
internal val cardAttributes = listOf("brand", "price", "colour", "categories")

/** The hits of a response as cards, their reasons with titles in place of ids. */
internal suspend fun Engine.cards(response: Response): List<Card> {
    val reasons = reasons(response.hits)
    return response.hits.map { hit -> card(hit).copy(why = reasons.best(hit), shares = reasons.shares(hit)) }
}

internal fun card(hit: Hit): Card = card(hit.id, hit.title, hit.attributes).copy(highlights = hit.highlights)

internal fun card(id: String, title: String, attributes: Map<String, AttributeValue>): Card = Card(
    id = id,
    title = title.ifEmpty { id },
    brand = (attributes["brand"] as? AttributeValue.Text)?.value,
    price = (attributes["price"] as? AttributeValue.Number)?.value,
    colour = (attributes["colour"] as? AttributeValue.Text)?.value,
    categories = (attributes["categories"] as? AttributeValue.TextSet)?.values.orEmpty(),
)
