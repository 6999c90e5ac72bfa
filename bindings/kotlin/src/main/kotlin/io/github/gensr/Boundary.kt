/*
 * Conversions between public types and those generated from the boundary crate. Apart from the native handles of Engine,
 * Typing and VectorJob only this file and NativeCalls name the generated package.
 */
package io.github.gensr

import io.github.gensr.ffi.AttributeValue as NativeAttributeValue
import io.github.gensr.ffi.Boost as NativeBoost
import io.github.gensr.ffi.ByteRange
import io.github.gensr.ffi.Cap as NativeCap
import io.github.gensr.ffi.Completion as NativeCompletion
import io.github.gensr.ffi.CompletionKind as NativeCompletionKind
import io.github.gensr.ffi.Diagnostics as NativeDiagnostics
import io.github.gensr.ffi.EngineOptions as NativeOptions
import io.github.gensr.ffi.Event as NativeEvent
import io.github.gensr.ffi.ExecutionProvider as NativeExecutionProvider
import io.github.gensr.ffi.Exploration as NativeExploration
import io.github.gensr.ffi.Facet as NativeFacet
import io.github.gensr.ffi.Forget as NativeForget
import io.github.gensr.ffi.Freshness as NativeFreshness
import io.github.gensr.ffi.GensrException as NativeException
import io.github.gensr.ffi.GraphProvider as NativeGraphProvider
import io.github.gensr.ffi.History as NativeHistory
import io.github.gensr.ffi.Hit as NativeHit
import io.github.gensr.ffi.InstallRequest as NativeInstallRequest
import io.github.gensr.ffi.Installed as NativeInstalled
import io.github.gensr.ffi.InternalException
import io.github.gensr.ffi.Item as NativeItem
import io.github.gensr.ffi.LeaveOut as NativeLeaveOut
import io.github.gensr.ffi.PackSource as NativePackSource
import io.github.gensr.ffi.ReasonKind as NativeReasonKind
import io.github.gensr.ffi.RecommendRequest as NativeRecommendRequest
import io.github.gensr.ffi.RecordedEvent as NativeRecordedEvent
import io.github.gensr.ffi.Recording as NativeRecording
import io.github.gensr.ffi.Response as NativeResponse
import io.github.gensr.ffi.SearchRequest as NativeSearchRequest
import io.github.gensr.ffi.SimilarRequest as NativeSimilarRequest
import io.github.gensr.ffi.TrimLevel as NativeTrimLevel
import io.github.gensr.ffi.Upsert as NativeUpsert
import io.github.gensr.ffi.newestPack as nativeNewestPack
import io.github.gensr.ffi.quoteInFilter
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.DurationUnit

/** Runs a call of the generated binding; its exceptions become [GensrException]. */
internal inline fun <T> translated(call: () -> T): T = try {
    call()
} catch (error: NativeException) {
    throw error.translated()
} catch (error: InternalException) {
    throw GensrException.Internal("a panic inside gensr; please report it", error)
} catch (error: LinkageError) {
    // The library is missing, or of another version. JNA lists in many lines where it has looked; the cause has them.
    val why = error.message.orEmpty().lineSequence().first()
    throw GensrException.Internal("the native library of gensr cannot be used: $why", error)
}

internal fun NativeException.translated(): GensrException = when (this) {
    is NativeException.Closed -> GensrException.Closed()
    is NativeException.InvalidArgument -> GensrException.InvalidArgument(reason)
    is NativeException.BadPack -> GensrException.BadPack(reason)
    is NativeException.Incompatible -> GensrException.Incompatible(found, supported)
    is NativeException.Cancelled -> GensrException.Cancelled()
    is NativeException.Internal -> GensrException.Internal(reason)
}

internal fun PackSource.toNative(): NativePackSource = when (this) {
    is PackSource.Path -> NativePackSource.Path(wellFormed("path", path))
    is PackSource.Descriptor -> NativePackSource.Descriptor(fd, offset, length)
}

internal fun newestPack(installed: File, bundled: PackSource): PackSource {
    val native = bundled.toNative()
    val newest = nativeNewestPack(wellFormed("installed", installed.path), native)
    return if (newest == native) bundled else PackSource.Path(installed)
}

internal fun EngineOptions.toNative() = NativeOptions(
    profileDir = profileDirectory?.let { wellFormed("profileDirectory", it.path) },
    onnxruntime = wellFormed("onnxruntimePath", onnxruntimePath),
    threads = count(threads),
    maxEvents = maxEvents?.let(::count),
    maxAgeDays = maxAge?.let(::wholeDays),
    key = key,
    provider = provider.toNative(),
)

private fun ExecutionProvider.toNative(): NativeExecutionProvider = when (this) {
    ExecutionProvider.CPU -> NativeExecutionProvider.CPU
    ExecutionProvider.XNNPACK -> NativeExecutionProvider.XNNPACK
    ExecutionProvider.CORE_ML -> NativeExecutionProvider.CORE_ML
    ExecutionProvider.NNAPI -> NativeExecutionProvider.NNAPI
}

/** Refuses an age that is not of whole days; the boundary refuses one that is too long, or negative. */
private fun wholeDays(age: Duration): UInt {
    if (age.inWholeDays.days != age) throw GensrException.InvalidArgument("maxAge must be of whole days")
    return count(age.inWholeDays.coerceIn(-1L, Int.MAX_VALUE.toLong()).toInt())
}

internal fun Event.toNative() = NativeEvent(
    itemId = wellFormed("itemId", itemId),
    kind = wellFormed("kind", kind),
    timestampMs = timestampMs,
    query = wellFormed("query", query),
)

internal fun NativeRecordedEvent.toPublic() = RecordedEvent(id, itemId, kind, timestampMs, query)

internal fun Forget.toNative(): NativeForget = when (this) {
    is Forget.Event -> NativeForget.Event(id)
    is Forget.Item -> NativeForget.Item(wellFormed("itemId", itemId))
    is Forget.Query -> NativeForget.Query(wellFormed("query", query))
    is Forget.Since -> NativeForget.Since(timestampMs)
}

internal fun Recording.toNative(): NativeRecording = when (this) {
    Recording.ON -> NativeRecording.ON
    Recording.PAUSED -> NativeRecording.PAUSED
    Recording.INCOGNITO -> NativeRecording.INCOGNITO
}

internal fun NativeRecording.toPublic(): Recording = when (this) {
    NativeRecording.ON -> Recording.ON
    NativeRecording.PAUSED -> Recording.PAUSED
    NativeRecording.INCOGNITO -> Recording.INCOGNITO
}

internal fun InstallRequest.toNative() = NativeInstallRequest(
    pack = wellFormed("pack", pack.path),
    expectedSha256 = wellFormed("expectedSha256", expectedSha256),
    destination = destination?.let { wellFormed("destination", it.path) },
)

internal fun NativeInstalled.toPublic() = Installed(
    previousPackId, packId, events.saturated(), dormant.saturated(), deactivated.saturated(), reactivated.saturated(),
)

internal fun Upsert.toNative() = NativeUpsert(
    id = wellFormed("id", id),
    title = wellFormed("title", title),
    text = wellFormed("text", text),
    attributes = buildMap { for ((name, value) in attributes) put(wellFormed("attributes", name), value.toNative()) },
    timestampMs = timestampMs,
)

private fun AttributeValue.toNative(): NativeAttributeValue = when (this) {
    is AttributeValue.Text -> NativeAttributeValue.Text(wellFormed("attributes", value))
    is AttributeValue.TextSet -> NativeAttributeValue.TextSet(wellFormed("attributes", values))
    is AttributeValue.Number -> NativeAttributeValue.Number(value)
    is AttributeValue.Date -> NativeAttributeValue.Date(epochDay)
    is AttributeValue.Bool -> NativeAttributeValue.Bool(value)
}

internal fun NativeItem.toPublic() = Item(id, title, attributes.associate { it.name to it.value.toPublic() })

internal fun TrimLevel.toNative(): NativeTrimLevel = when (this) {
    TrimLevel.CACHES -> NativeTrimLevel.CACHES
    TrimLevel.BACKGROUND -> NativeTrimLevel.BACKGROUND
    TrimLevel.EVERYTHING -> NativeTrimLevel.EVERYTHING
}

private fun History.toNative(): NativeHistory = when (this) {
    History.Profile -> NativeHistory.Profile
    History.Empty -> NativeHistory.Empty
    is History.Events -> NativeHistory.Events(events.map(Event::toNative))
}

internal fun SearchRequest.toNative() = NativeSearchRequest(
    query = wellFormed("query", query),
    limit = count(limit),
    offset = count(offset),
    filter = wellFormed("filter", filter),
    history = history.toNative(),
    excludeHistory = excludeHistory,
    exclude = wellFormed("exclude", exclude),
    attributes = wellFormed("attributes", attributes),
    facets = wellFormed("facets", facets),
    nowMs = nowMs,
)

internal fun RecommendRequest.toNative() = NativeRecommendRequest(
    limit = count(limit),
    offset = count(offset),
    filter = wellFormed("filter", filter),
    history = history.toNative(),
    leaveOut = leaveOut?.toNative(),
    seeds = wellFormed("seeds", seeds),
    intent = wellFormed("intent", intent),
    boost = boost?.run { NativeBoost(wellFormed("boost", attribute), wellFormed("boost", value), weight) },
    freshness = freshness?.run {
        NativeFreshness(wellFormed("freshness", attribute), halfLife.toDouble(DurationUnit.DAYS).toFloat(), weight)
    },
    diversity = diversity,
    caps = caps.map { NativeCap(wellFormed("caps", it.attribute), positive("a cap's limit", it.limit)) },
    exploration = exploration?.run { NativeExploration(share, seed.toULong()) },
    explainHistory = explainHistory,
    exclude = wellFormed("exclude", exclude),
    attributes = wellFormed("attributes", attributes),
    facets = wellFormed("facets", facets),
    nowMs = nowMs,
)

private fun LeaveOut.toNative(): NativeLeaveOut = when (this) {
    LeaveOut.Nothing -> NativeLeaveOut.Nothing
    LeaveOut.History -> NativeLeaveOut.History
    is LeaveOut.Kinds -> NativeLeaveOut.Kinds(wellFormed("leaveOut", kinds))
}

internal fun SimilarRequest.toNative() = NativeSimilarRequest(
    itemId = wellFormed("itemId", itemId),
    limit = count(limit),
    offset = count(offset),
    filter = wellFormed("filter", filter),
    personalisation = personalisation,
    history = history.toNative(),
    exclude = wellFormed("exclude", exclude),
    attributes = wellFormed("attributes", attributes),
    facets = wellFormed("facets", facets),
    nowMs = nowMs,
)

internal fun quotedInFilter(text: String): String = translated { quoteInFilter(wellFormed("text", text)) }

/** [attributes] are those of the request, whose order the boundary does not keep. */
internal fun NativeResponse.toPublic(attributes: List<String>) = Response(
    hits = hits.map { it.toPublic(attributes) },
    totalHits = totalHits.saturated(),
    facets = facets.map { it.toPublic() },
    timings = timings.map { StageTime(it.stage, it.ms) },
    providers = providers.map { it.toPublic() },
)

private fun NativeHit.toPublic(names: List<String>) = Hit(
    id = id,
    title = title,
    score = score,
    highlights = highlights.inUtf16(title),
    attributes = buildMap { for (name in names) attributes[name]?.let { put(name, it.toPublic()) } },
    reasons = reasons.map { Reason(it.kind.toPublic(), it.terms, it.weight) },
)

private fun NativeFacet.toPublic() = Facet(
    name = name,
    items = items.saturated(),
    distinct = distinct.saturated(),
    values = values.map { FacetValue(it.value, it.items.saturated()) },
    least = least?.toPublic(),
    greatest = greatest?.toPublic(),
)

private fun NativeAttributeValue.toPublic(): AttributeValue = when (this) {
    is NativeAttributeValue.Text -> AttributeValue.Text(value)
    is NativeAttributeValue.TextSet -> AttributeValue.TextSet(values)
    is NativeAttributeValue.Number -> AttributeValue.Number(value)
    is NativeAttributeValue.Date -> AttributeValue.Date(epochDay)
    is NativeAttributeValue.Bool -> AttributeValue.Bool(value)
}

private fun NativeReasonKind.toPublic(): ReasonKind = when (this) {
    NativeReasonKind.MODEL -> ReasonKind.MODEL
    NativeReasonKind.NEIGHBOURS -> ReasonKind.NEIGHBOURS
    NativeReasonKind.WORDS -> ReasonKind.WORDS
    NativeReasonKind.TITLE -> ReasonKind.TITLE
    NativeReasonKind.ID -> ReasonKind.ID
    NativeReasonKind.HISTORY -> ReasonKind.HISTORY
    NativeReasonKind.SIMILAR -> ReasonKind.SIMILAR
    NativeReasonKind.SEEDS -> ReasonKind.SEEDS
    NativeReasonKind.DISLIKE -> ReasonKind.DISLIKE
    NativeReasonKind.BOOST -> ReasonKind.BOOST
    NativeReasonKind.FRESHNESS -> ReasonKind.FRESHNESS
    NativeReasonKind.POPULARITY -> ReasonKind.POPULARITY
    NativeReasonKind.EXPLORATION -> ReasonKind.EXPLORATION
    NativeReasonKind.OTHER -> ReasonKind.OTHER
}

internal fun NativeCompletion.toPublic() = Completion(text, kind.toPublic(), highlights.inUtf16(text), itemId)

private fun NativeCompletionKind.toPublic(): CompletionKind = when (this) {
    NativeCompletionKind.QUERY -> CompletionKind.QUERY
    NativeCompletionKind.CATEGORY -> CompletionKind.CATEGORY
    NativeCompletionKind.TITLE -> CompletionKind.TITLE
    NativeCompletionKind.OTHER -> CompletionKind.OTHER
}

/** Ranges of bytes of [text] in UTF-8, ascending and at character boundaries, as ranges of its indices. */
internal fun List<ByteRange>.inUtf16(text: String): List<IntRange> {
    var index = 0
    var bytes = 0
    fun indexOf(byte: Int): Int {
        while (bytes < byte && index < text.length) {
            val char = text[index]
            bytes += when {
                char < '\u0080' -> 1
                char < '\u0800' -> 2
                // Half of the four bytes of a pair.
                char.isSurrogate() -> 2
                else -> 3
            }
            index++
        }
        return index
    }
    return map { (start, end) -> indexOf(start.toInt()) until indexOf(end.toInt()) }
}

internal fun NativeDiagnostics.toPublic() = Diagnostics(
    engineVersion = engineVersion,
    onnxruntime = onnxruntime,
    kernels = kernels,
    catalogue = catalogue,
    packId = packId,
    items = items.saturated(),
    formatVersion = formatVersion.saturated(),
    providers = providers.map { it.toPublic() },
    nodes = nodes.map { GraphNodes(it.graph, it.provider, it.nodes.saturated()) },
    live = live.run {
        LiveDiagnostics(
            items.saturated(), removed.saturated(), pending.saturated(), withoutVector.saturated(), makesVectors,
        )
    },
    profile = profile.run { ProfileDiagnostics(inMemory, open, events.saturated(), dormant.saturated(), warnings) },
    callsRunning = callsRunning.saturated(),
    log = log,
)

private fun NativeGraphProvider.toPublic() = GraphProvider(graph, provider)

internal fun UInt.saturated() = coerceAtMost(Int.MAX_VALUE.toUInt()).toInt()

internal fun ULong.saturated() = coerceAtMost(Int.MAX_VALUE.toULong()).toInt()

/** Turns a negative number into one far above every bound, so that the engine refuses it. */
internal fun count(number: Int) = number.toUInt()

/** As [count], for a number that has no upper bound. */
private fun positive(name: String, number: Int): UInt {
    if (number < 1) throw GensrException.InvalidArgument("$name must be at least 1")
    return number.toUInt()
}

internal fun wellFormed(name: String, texts: List<String>) = texts.map { wellFormed(name, it) }

@JvmName("wellFormedOrNull")
private fun wellFormed(name: String, text: String?) = text?.let { wellFormed(name, it) }

/**
 * Refuses half a surrogate pair, which a string may hold but UTF-8 cannot. The generated code would notice it only after it
 * has allocated buffers, and leak them.
 */
internal fun wellFormed(name: String, text: String): String {
    if (Charsets.UTF_8.newEncoder().canEncode(text)) return text
    throw GensrException.InvalidArgument("$name has half of a surrogate pair, which is no character")
}
