/*
 * Between the types that apps see and those that are generated from the boundary crate. Nothing outside this file and
 * NativeCalls names the generated package, but for the engine's handle.
 */
package io.github.gensr

import io.github.gensr.ffi.Answer as NativeAnswer
import io.github.gensr.ffi.AttributeValue as NativeAttributeValue
import io.github.gensr.ffi.Diagnostics as NativeDiagnostics
import io.github.gensr.ffi.EngineOptions as NativeOptions
import io.github.gensr.ffi.Event as NativeEvent
import io.github.gensr.ffi.GensrException as NativeException
import io.github.gensr.ffi.History as NativeHistory
import io.github.gensr.ffi.Hit as NativeHit
import io.github.gensr.ffi.InternalException
import io.github.gensr.ffi.PackSource as NativePackSource
import io.github.gensr.ffi.Provider as NativeProvider
import io.github.gensr.ffi.ReasonKind as NativeReasonKind
import io.github.gensr.ffi.RecommendRequest as NativeRecommendRequest
import io.github.gensr.ffi.SearchRequest as NativeSearchRequest
import io.github.gensr.ffi.SimilarRequest as NativeSimilarRequest

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

internal fun EngineOptions.toNative() = NativeOptions(
    profileDir = profileDirectory?.let { wellFormed("profileDirectory", it.path) },
    onnxruntime = onnxruntimePath?.let { wellFormed("onnxruntimePath", it) },
    threads = count(threads),
)

internal fun Event.toNative() = NativeEvent(
    itemId = wellFormed("itemId", itemId),
    kind = wellFormed("kind", kind),
    timestampMs = timestampMs,
    query = query?.let { wellFormed("query", it) },
)

internal fun NativeEvent.toPublic() = Event(itemId, kind, timestampMs, query)

private fun History.toNative(): NativeHistory = when (this) {
    History.Profile -> NativeHistory.Profile
    History.Empty -> NativeHistory.Empty
    is History.Events -> NativeHistory.Events(events.map(Event::toNative))
}

internal fun SearchRequest.toNative() = NativeSearchRequest(
    query = wellFormed("query", query),
    limit = count(limit),
    history = history.toNative(),
    excludeHistory = excludeHistory,
    exclude = exclude.map { wellFormed("exclude", it) },
    attributes = attributes.map { wellFormed("attributes", it) },
    nowMs = nowMs,
)

internal fun RecommendRequest.toNative() = NativeRecommendRequest(
    limit = count(limit),
    history = history.toNative(),
    excludeHistory = excludeHistory,
    exclude = exclude.map { wellFormed("exclude", it) },
    attributes = attributes.map { wellFormed("attributes", it) },
    nowMs = nowMs,
)

internal fun SimilarRequest.toNative() = NativeSimilarRequest(
    itemId = wellFormed("itemId", itemId),
    limit = count(limit),
    exclude = exclude.map { wellFormed("exclude", it) },
    attributes = attributes.map { wellFormed("attributes", it) },
)

/** [attributes] are those of the request, whose order the boundary does not keep. */
internal fun NativeAnswer.toPublic(attributes: List<String>) = Answer(
    hits = hits.map { it.toPublic(attributes) },
    timings = timings.map { StageTime(it.stage, it.ms) },
    providers = providers.map { it.toPublic() },
)

private fun NativeHit.toPublic(names: List<String>) = Hit(
    id = id,
    title = title,
    score = score,
    attributes = buildMap { for (name in names) attributes[name]?.let { put(name, it.toPublic()) } },
    reasons = reasons.map { Reason(it.kind.toPublic(), it.terms, it.weight) },
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
    NativeReasonKind.HISTORY -> ReasonKind.HISTORY
    NativeReasonKind.SIMILAR -> ReasonKind.SIMILAR
    NativeReasonKind.OTHER -> ReasonKind.OTHER
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
    profile = profile.run { ProfileDiagnostics(inMemory, open, events.saturated(), dormant.saturated(), warnings) },
    callsRunning = callsRunning.saturated(),
    log = log,
)

private fun NativeProvider.toPublic() = Provider(graph, name)

private fun UInt.saturated() = coerceAtMost(Int.MAX_VALUE.toUInt()).toInt()

/** A negative number becomes one far above every bound, and is refused by the engine as those are, by name. */
internal fun count(number: Int) = number.toUInt()

/**
 * Refuses half a surrogate pair, which a string may hold but UTF-8 cannot. The generated code would find it when the call
 * is half made, and leak what it had allocated.
 */
internal fun wellFormed(name: String, text: String): String {
    if (Charsets.UTF_8.newEncoder().canEncode(text)) return text
    throw GensrException.InvalidArgument("$name has half of a surrogate pair, which is no character")
}
