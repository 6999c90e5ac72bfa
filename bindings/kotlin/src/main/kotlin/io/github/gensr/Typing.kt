package io.github.gensr

import io.github.gensr.ffi.Keystroke as NativeKeystroke
import io.github.gensr.ffi.Typing as NativeTyping
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * A search box over an engine. Each keystroke supersedes the one before, which stops and emits nothing more.
 *
 * Most apps need only [Engine.typing] with a flow of texts; this is for those that start each search themselves. Thread-safe.
 *
 * @sample io.github.gensr.samples.typingSession
 */
public class Typing internal constructor(
    // As with the engine: stopped by `close`, and freed by the garbage collector.
    private val native: NativeTyping,
    private val calls: NativeCalls,
) : AutoCloseable {
    private var closed = false

    /**
     * Searches for [text], now in the box, with a limit of 10 and without a filter.
     *
     * @param text At most 4,096 bytes of UTF-8. White space alone has no hits.
     * @throws GensrException.InvalidArgument when collected, where the text is too long.
     * @throws GensrException.Closed when collected after [close], or where the engine is closed.
     * @sample io.github.gensr.samples.typingSession
     */
    public fun type(text: String): Flow<TypingResponse> = type(SearchRequest(text))

    /**
     * Searches for the text now in the box: a first response from words alone after a fraction of a millisecond, then the
     * full ranking, as from [Engine.search]. The first one is left out if no item has a word of the query: keep the list on
     * the screen until the ranking arrives.
     *
     * The keystroke counts from the moment the flow is collected. A later one ends this flow without a further response;
     * cancelling the collection stops the native call.
     *
     * @throws GensrException.InvalidArgument when collected, where a field is outside its limits.
     * @throws GensrException.Closed when collected after [close], or where the engine is closed.
     * @sample io.github.gensr.samples.typingSession
     */
    public fun type(request: SearchRequest): Flow<TypingResponse> = flow {
        keystroke(request).use { keystroke ->
            val first = calls.words(keystroke) { it.toPublic(request.attributes) } ?: return@flow
            if (first.hits.isNotEmpty()) emit(TypingResponse(request.query, first, ranked = false))
            val full = calls.ranked(keystroke) { it.toPublic(request.attributes) } ?: return@flow
            emit(TypingResponse(request.query, full, ranked = true))
        }
    }

    /** On the thread of the caller, so that keystrokes keep the order in which they were typed. */
    @Synchronized
    private fun keystroke(request: SearchRequest): NativeKeystroke {
        if (closed) throw GensrException.Closed()
        return translated { native.keystroke(request.toNative()) }
    }

    /** Stops the last keystroke. Flows that are being collected end without a further response; later ones fail. */
    @Synchronized
    override fun close() {
        closed = true
        try {
            translated { native.stop() }
        } catch (stoppedAlready: GensrException.Closed) {
            // With the engine.
        }
    }
}

/**
 * A response while the user types.
 *
 * @property query The typed text.
 * @property response The hits.
 * @property ranked Whether it is the full ranking. Scores of a first response (`false`) are comparable with each other only.
 */
public data class TypingResponse(
    public val query: String,
    public val response: Response,
    public val ranked: Boolean,
)
