package io.github.gensr.sample.screens

import androidx.compose.material3.MaterialTheme
import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.AnnotatedString
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.buildAnnotatedString
import androidx.compose.ui.text.withStyle
import io.github.gensr.AttributeValue
import io.github.gensr.ReasonKind
import io.github.gensr.sample.R
import io.github.gensr.sample.model.Problem
import io.github.gensr.sample.model.Why
import java.text.DateFormat
import java.text.NumberFormat
import java.util.Date
import java.util.TimeZone

/** A reason in words. */
@Composable
internal fun words(why: Why): String = when (why) {
    is Why.Because -> stringResource(R.string.why_because, past(why.kind), tail(why.title))
    is Why.Matches -> stringResource(R.string.why_matches, why.words)
    is Why.InTitle -> stringResource(R.string.why_in_title, why.words)
    is Why.Simple -> stringResource(
        when (why.kind) {
            ReasonKind.MODEL -> R.string.why_model
            ReasonKind.SIMILAR -> R.string.why_similar
            ReasonKind.FRESHNESS -> R.string.why_freshness
            ReasonKind.EXPLORATION -> R.string.why_exploration
            ReasonKind.HISTORY -> R.string.why_history
            ReasonKind.POPULARITY -> R.string.why_popularity
            ReasonKind.DISLIKE -> R.string.why_dislike
            ReasonKind.BOOST -> R.string.why_boost
            ReasonKind.NEIGHBOURS, ReasonKind.SEEDS -> R.string.why_neighbours
            ReasonKind.WORDS, ReasonKind.TITLE, ReasonKind.ID -> R.string.why_words
            // Other kinds, and those that there will be.
            else -> R.string.why_other
        },
    )
}

/** An event as in "because you … it". */
@Composable
internal fun past(kind: String): String = when (kind) {
    "view" -> stringResource(R.string.past_view)
    "search" -> stringResource(R.string.past_search)
    "like" -> stringResource(R.string.past_like)
    "buy" -> stringResource(R.string.past_buy)
    "dislike" -> stringResource(R.string.past_dislike)
    else -> kind
}

@Composable
internal fun words(problem: Problem): String = stringResource(
    when (problem) {
        Problem.PACK -> R.string.problem_pack
        Problem.DEVICE -> R.string.problem_device
        Problem.REQUEST -> R.string.problem_request
    },
)

/** The last words of a title, which say what it is; the first ones tend to say whose. */
internal fun tail(title: String): String {
    var words = title.split(' ')
    while (words.size > 1 && words.sumOf { it.length + 1 } > 23) words = words.drop(1)
    return words.joinToString(" ")
}

/** A title with what was matched marked. */
@Composable
internal fun marked(title: String, marks: List<IntRange>): AnnotatedString {
    val mark = SpanStyle(background = MaterialTheme.colorScheme.tertiaryContainer, color = MaterialTheme.colorScheme.onTertiaryContainer)
    return buildAnnotatedString {
        var at = 0
        for (range in marks) {
            append(title.substring(at, range.first))
            withStyle(mark) { append(title.substring(range)) }
            at = range.last + 1
        }
        append(title.substring(at))
    }
}

internal fun priceText(price: Float): String =
    NumberFormat.getNumberInstance().apply { minimumFractionDigits = 2; maximumFractionDigits = 2 }.format(price)

@Composable
internal fun words(name: String, value: AttributeValue): String = when (value) {
    is AttributeValue.Text -> value.value
    is AttributeValue.TextSet -> value.values.joinToString()
    is AttributeValue.Number -> if (name == "price") priceText(value.value) else NumberFormat.getNumberInstance().format(value.value)
    // Not java.time, which API level 24 lacks.
    is AttributeValue.Date -> DateFormat.getDateInstance(DateFormat.MEDIUM)
        .apply { timeZone = TimeZone.getTimeZone("UTC") }
        .format(Date(value.epochDay * 86_400_000L))
    is AttributeValue.Bool -> stringResource(if (value.value) R.string.yes else R.string.no)
}
