package io.github.gensr

import io.github.gensr.ffi.Keystroke as NativeKeystroke
import io.github.gensr.ffi.Typing as NativeTyping
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * A search box over an engine. Each keystroke supersedes the one before, which stops and never answers again.
 *
 * Most apps need only [Engine.typing] with the flow of what the box holds; this is for those that start each search
 * themselves. Any thread may call it.
 *
 * @sample io.github.gensr.samples.typingSession
 */
public class Typing internal constructor(
    // As with the engine: stopped by `close`, and let go of by the garbage collector.
    private val native: NativeTyping,
    private val calls: NativeCalls,
) : AutoCloseable {
    private var closed = false

    /**
     * What answers [text], which the box holds now; with a limit of 10 and without a filter.
     *
     * @param text What the user typed, at most 4,096 bytes of UTF-8. White space is answered by no hits.
     * @throws GensrException.InvalidArgument when collected, where the text is too long.
     * @throws GensrException.Closed when collected after [close], or where the engine is closed.
     * @sample io.github.gensr.samples.typingSession
     */
    public fun type(text: String): Flow<TypedAnswer> = type(SearchRequest(text))

    /**
     * What answers a request, whose query the box holds now: a first answer from words after a fraction of a millisecond,
     * and then the whole ranking, which is what [Engine.search] answers. The first one is left out where no item has a
     * word of the query: keep what is on the screen until the ranking is there.
     *
     * The keystroke counts from the moment that the flow is collected. A later one ends this flow without a further
     * answer; so does leaving it, which stops the native call.
     *
     * @throws GensrException.InvalidArgument when collected, where a field is outside its limits.
     * @throws GensrException.Closed when collected after [close], or where the engine is closed.
     * @sample io.github.gensr.samples.typingSession
     */
    public fun type(request: SearchRequest): Flow<TypedAnswer> = flow {
        keystroke(request).use { keystroke ->
            val first = calls.words(keystroke) { it.toPublic(request.attributes) } ?: return@flow
            if (first.hits.isNotEmpty()) emit(TypedAnswer(request.query, first, ranked = false))
            val whole = calls.ranked(keystroke) { it.toPublic(request.attributes) } ?: return@flow
            emit(TypedAnswer(request.query, whole, ranked = true))
        }
    }

    /** Takes note of it on the thread of the caller, so that keystrokes keep the order in which they were typed. */
    @Synchronized
    private fun keystroke(request: SearchRequest): NativeKeystroke {
        if (closed) throw GensrException.Closed()
        return translated { native.keystroke(request.toNative()) }
    }

    /** Stops the last keystroke. Flows that are being collected end without a further answer; later ones fail. */
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
 * An answer while the user types.
 *
 * @property query What was typed.
 * @property answer What was found.
 * @property ranked Whether it is the whole ranking. `false` is the first answer: its scores compare with each other only.
 */
public data class TypedAnswer(
    public val query: String,
    public val answer: Answer,
    public val ranked: Boolean,
)
