/*
 * Between the types that apps see and those that are generated from the boundary crate. Nothing outside this file and
 * NativeCalls names the generated package, but for the engine's handle.
 */
package io.github.gensr

import io.github.gensr.ffi.Accelerator as NativeAccelerator
import io.github.gensr.ffi.Answer as NativeAnswer
import io.github.gensr.ffi.AttributeValue as NativeAttributeValue
import io.github.gensr.ffi.ByteRange
import io.github.gensr.ffi.Cap as NativeCap
import io.github.gensr.ffi.Completion as NativeCompletion
import io.github.gensr.ffi.CompletionKind as NativeCompletionKind
import io.github.gensr.ffi.Diagnostics as NativeDiagnostics
import io.github.gensr.ffi.EngineOptions as NativeOptions
import io.github.gensr.ffi.Event as NativeEvent
import io.github.gensr.ffi.Exploration as NativeExploration
import io.github.gensr.ffi.Facet as NativeFacet
import io.github.gensr.ffi.Forget as NativeForget
import io.github.gensr.ffi.Freshness as NativeFreshness
import io.github.gensr.ffi.GensrException as NativeException
import io.github.gensr.ffi.History as NativeHistory
import io.github.gensr.ffi.Hit as NativeHit
import io.github.gensr.ffi.InstallRequest as NativeInstallRequest
import io.github.gensr.ffi.Installed as NativeInstalled
import io.github.gensr.ffi.InternalException
import io.github.gensr.ffi.Item as NativeItem
import io.github.gensr.ffi.Lean as NativeLean
import io.github.gensr.ffi.LeaveOut as NativeLeaveOut
import io.github.gensr.ffi.PackSource as NativePackSource
import io.github.gensr.ffi.Provider as NativeProvider
import io.github.gensr.ffi.ReasonKind as NativeReasonKind
import io.github.gensr.ffi.RecommendRequest as NativeRecommendRequest
import io.github.gensr.ffi.RecordedEvent as NativeRecordedEvent
import io.github.gensr.ffi.Recording as NativeRecording
import io.github.gensr.ffi.SearchRequest as NativeSearchRequest
import io.github.gensr.ffi.SimilarRequest as NativeSimilarRequest
import io.github.gensr.ffi.TrimLevel as NativeTrimLevel
import io.github.gensr.ffi.Upsert as NativeUpsert
import io.github.gensr.ffi.newestPack as nativeNewestPack
import io.github.gensr.ffi.quoteInFilter
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/** Runs a call of the generated binding; what it throws comes out as [GensrException]. */
internal inline fun <T> translated(call: () -> T): T = try {
    call()
} catch (error: NativeException) {
    throw error.translated()
} catch (error: InternalException) {
    throw GensrException.Internal("a panic inside gensr; please report it", error)
} catch (error: LinkageError) {
    // Without the library, or with one of another version, this is the first call and every later one. JNA tells in many
    // lines where it has looked; the cause has them.
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
    onnxruntime = onnxruntimePath?.let { wellFormed("onnxruntimePath", it) },
    threads = count(threads),
    maxEvents = maxEvents?.let(::count),
    maxAgeDays = maxAge?.let(::wholeDays),
    key = key,
    accelerator = accelerator.toNative(),
    osBuild = wellFormed("osBuild", osBuild ?: systemBuild),
)

/** On the JVM; on Android the kernel's version, which most updates change. */
private val systemBuild by lazy { listOf("os.name", "os.version").joinToString(" ") { System.getProperty(it).orEmpty() } }

private fun Accelerator.toNative(): NativeAccelerator = when (this) {
    Accelerator.CPU -> NativeAccelerator.CPU
    Accelerator.XNNPACK -> NativeAccelerator.XNNPACK
    Accelerator.CORE_ML -> NativeAccelerator.CORE_ML
    Accelerator.NNAPI -> NativeAccelerator.NNAPI
    Accelerator.AUTO -> NativeAccelerator.AUTO
}

/** An age that is not of whole days is refused here; one that is too long, or negative, by the engine. */
private fun wholeDays(age: Duration): UInt {
    if (age.inWholeDays.days != age) throw GensrException.InvalidArgument("maxAge must be of whole days")
    return count(age.inWholeDays.coerceIn(-1L, Int.MAX_VALUE.toLong()).toInt())
}

internal fun Event.toNative() = NativeEvent(
    itemId = wellFormed("itemId", itemId),
    kind = wellFormed("kind", kind),
    timestampMs = timestampMs,
    query = query?.let { wellFormed("query", it) },
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
    previousPackId, packId, events.saturated(), dormant.saturated(), fellAsleep.saturated(), woke.saturated(),
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
    is AttributeValue.Set -> NativeAttributeValue.Set(wellFormed("attributes", values))
    is AttributeValue.Number -> NativeAttributeValue.Number(value)
    is AttributeValue.Date -> NativeAttributeValue.Date(epochDay)
    is AttributeValue.Flag -> NativeAttributeValue.Flag(value)
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
    wish = wellFormed("wish", wish),
    lean = lean?.run { NativeLean(wellFormed("lean", attribute), wellFormed("lean", value), weight) },
    freshness = freshness?.run { NativeFreshness(wellFormed("freshness", attribute), halfLifeDays, weight) },
    diversity = diversity,
    caps = caps.map { NativeCap(wellFormed("caps", it.attribute), positive("atMost", it.atMost)) },
    exploration = exploration?.run { NativeExploration(share, seed.toULong()) },
    because = because,
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
    taste = taste,
    history = history.toNative(),
    exclude = wellFormed("exclude", exclude),
    attributes = wellFormed("attributes", attributes),
    facets = wellFormed("facets", facets),
    nowMs = nowMs,
)

internal fun quotedInFilter(text: String): String = translated { quoteInFilter(wellFormed("text", text)) }

/** [attributes] are those of the request, whose order the boundary does not keep. */
internal fun NativeAnswer.toPublic(attributes: List<String>) = Answer(
    hits = hits.map { it.toPublic(attributes) },
    found = found.saturated(),
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
    is NativeAttributeValue.Set -> AttributeValue.Set(values)
    is NativeAttributeValue.Number -> AttributeValue.Number(value)
    is NativeAttributeValue.Date -> AttributeValue.Date(epochDay)
    is NativeAttributeValue.Flag -> AttributeValue.Flag(value)
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
    NativeReasonKind.LEAN -> ReasonKind.LEAN
    NativeReasonKind.NEW -> ReasonKind.NEW
    NativeReasonKind.POPULAR -> ReasonKind.POPULAR
    NativeReasonKind.JUDGE -> ReasonKind.JUDGE
    NativeReasonKind.EXPLORED -> ReasonKind.EXPLORED
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
    accelerator = accelerator,
    live = live.run {
        LiveDiagnostics(
            items.saturated(), removed.saturated(), pending.saturated(), withoutVector.saturated(), makesVectors,
        )
    },
    profile = profile.run { ProfileDiagnostics(inMemory, open, events.saturated(), dormant.saturated(), warnings) },
    callsRunning = callsRunning.saturated(),
    log = log,
)

private fun NativeProvider.toPublic() = Provider(graph, name)

internal fun UInt.saturated() = coerceAtMost(Int.MAX_VALUE.toUInt()).toInt()

internal fun ULong.saturated() = coerceAtMost(Int.MAX_VALUE.toULong()).toInt()

/** A negative number becomes one far above every bound, and is refused by the engine as those are, by name. */
internal fun count(number: Int) = number.toUInt()

/** As [count], where 0 and a negative number are to be told apart from one that is merely large. */
private fun positive(name: String, number: Int): UInt {
    if (number < 1) throw GensrException.InvalidArgument("$name must be at least 1")
    return number.toUInt()
}

internal fun wellFormed(name: String, texts: List<String>) = texts.map { wellFormed(name, it) }

@JvmName("wellFormedOrNull")
private fun wellFormed(name: String, text: String?) = text?.let { wellFormed(name, it) }

/**
 * Refuses half a surrogate pair, which a string may hold but UTF-8 cannot. The generated code would find it when the call
 * is half made, and leak what it had allocated.
 */
internal fun wellFormed(name: String, text: String): String {
    if (Charsets.UTF_8.newEncoder().canEncode(text)) return text
    throw GensrException.InvalidArgument("$name has half of a surrogate pair, which is no character")
}
