package io.github.gensr

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.function.Consumer

/**
 * An [Engine] for Java: the same calls, each as a [CompletableFuture].
 *
 * A future fails with [GensrException]. Cancelling it stops the native call: the future completes at once, as is usual in
 * Java, and the call ends a few milliseconds later. Dependent stages run on threads of a background pool.
 *
 * ```java
 * EngineFutures.open("shop.gensr", new EngineOptions.Builder().profileDirectory(folder).build())
 *         .thenCompose(engine -> engine.search("light shell"))
 *         .thenAccept(response -> response.getHits().forEach(hit -> System.out.println(hit.getTitle())));
 * ```
 *
 * @property engine The engine behind these calls.
 */
public class EngineFutures internal constructor(public val engine: Engine) : AutoCloseable {

    /** [Engine.search]. */
    @JvmOverloads
    public fun search(query: String, limit: Int = 10): CompletableFuture<Response> =
        search(SearchRequest(query) { limit(limit) })

    /** [Engine.search]. */
    public fun search(request: SearchRequest): CompletableFuture<Response> = future { engine.search(request) }

    /** [Engine.recommend]. */
    @JvmOverloads
    public fun recommend(limit: Int = 10): CompletableFuture<Response> =
        recommend(RecommendRequest { limit(limit) })

    /** [Engine.recommend]. */
    public fun recommend(request: RecommendRequest): CompletableFuture<Response> = future { engine.recommend(request) }

    /** [Engine.similar]. */
    @JvmOverloads
    public fun similar(itemId: String, limit: Int = 10, personalisation: Float = 0f): CompletableFuture<Response> =
        similar(SimilarRequest(itemId) { limit(limit).personalisation(personalisation) })

    /** [Engine.similar]. */
    public fun similar(request: SimilarRequest): CompletableFuture<Response> = future { engine.similar(request) }

    /** [Engine.complete]. */
    @JvmOverloads
    public fun complete(typed: String, limit: Int = 10): CompletableFuture<List<Completion>> =
        future { engine.complete(typed, limit) }

    /** [Engine.typing]: a search box. Throws [GensrException.Closed] after [close]. */
    public fun typing(): TypingFutures = TypingFutures(engine.typing())

    /** [Engine.record]. */
    public fun record(itemId: String, kind: String): CompletableFuture<Void?> = record(Event(itemId, kind))

    /** [Engine.record]. */
    public fun record(event: Event): CompletableFuture<Void?> = done { engine.record(event) }

    /** [Engine.recordMany]. */
    public fun recordMany(events: List<Event>): CompletableFuture<Void?> = done { engine.recordMany(events) }

    /** [Engine.history]. */
    @JvmOverloads
    public fun history(limit: Int = 100): CompletableFuture<List<RecordedEvent>> = future { engine.history(limit) }

    /** [Engine.forget]. */
    public fun forget(events: Forget): CompletableFuture<Int> = future { engine.forget(events) }

    /** [Engine.clearHistory]. */
    public fun clearHistory(): CompletableFuture<Void?> = done { engine.clearHistory() }

    /** [Engine.exportHistory]. */
    public fun exportHistory(file: File): CompletableFuture<Int> = future { engine.exportHistory(file) }

    /** [Engine.importHistory]. */
    public fun importHistory(file: File): CompletableFuture<Int> = future { engine.importHistory(file) }

    /** [Engine.setRecording]. */
    public fun setRecording(recording: Recording): CompletableFuture<Void?> = done { engine.setRecording(recording) }

    /** [Engine.recording]. */
    public fun recording(): CompletableFuture<Recording> = future { engine.recording() }

    /** [Engine.rotateKey]. */
    public fun rotateKey(key: ByteArray): CompletableFuture<Void?> = done { engine.rotateKey(key) }

    /** [Engine.install]. */
    public fun install(request: InstallRequest): CompletableFuture<Installed> = future { engine.install(request) }

    /** [Engine.upsertItems]; [run] takes the job. */
    public fun upsertItems(items: List<Upsert>): CompletableFuture<VectorJob> = future { engine.upsertItems(items) }

    /** [Engine.removeItems]. */
    public fun removeItems(ids: List<String>): CompletableFuture<Int> = future { engine.removeItems(ids) }

    /** [Engine.items]. */
    public fun items(ids: List<String>): CompletableFuture<List<Item?>> = future { engine.items(ids) }

    /** [Engine.pendingVectors]; [run] takes the job. */
    public fun pendingVectors(): CompletableFuture<VectorJob> = future { engine.pendingVectors() }

    /** [VectorJob.run]; see [VectorJob.progress] meanwhile. */
    public fun run(job: VectorJob): CompletableFuture<Void?> = done { job.run() }

    /** [Engine.warmUp]. */
    public fun warmUp(): CompletableFuture<Void?> = done { engine.warmUp() }

    /** [Engine.trimMemory]. */
    @JvmOverloads
    public fun trimMemory(level: TrimLevel = TrimLevel.EVERYTHING): CompletableFuture<Void?> =
        done { engine.trimMemory(level) }

    /** [Engine.diagnostics]. */
    public fun diagnostics(): CompletableFuture<Diagnostics> = future { engine.diagnostics() }

    /** [Engine.close]. */
    override fun close(): Unit = engine.close()

    public companion object {

        /** [Engine.open] for a pack file. */
        @JvmStatic
        @JvmOverloads
        public fun open(path: String, options: EngineOptions = EngineOptions()): CompletableFuture<EngineFutures> =
            open(PackSource.Path(path), options)

        /** [Engine.open]; an open that is cancelled leaves nothing open. */
        @JvmStatic
        @JvmOverloads
        public fun open(
            source: PackSource,
            options: EngineOptions = EngineOptions(),
        ): CompletableFuture<EngineFutures> =
            future(unwanted = EngineFutures::close) { Engine.open(source, options).futures() }

        /** [PackSource.newest]. */
        @JvmStatic
        public fun newest(installed: File, bundled: PackSource): CompletableFuture<PackSource> =
            future { PackSource.newest(installed, bundled) }
    }
}

/**
 * A search box for Java: [Typing], with a consumer for the responses to each keystroke.
 *
 * @property typing The search box behind these calls.
 */
public class TypingFutures internal constructor(public val typing: Typing) : AutoCloseable {

    /** [Typing.type]. */
    public fun type(text: String, responses: Consumer<TypingResponse>): CompletableFuture<Void?> =
        type(SearchRequest(text), responses)

    /**
     * [Typing.type]: the keystroke counts from this call on. [responses] is called on a thread of a background pool, first
     * with the response from words, then with the full ranking. The future completes after the last one, or when a later
     * keystroke supersedes this one.
     */
    public fun type(request: SearchRequest, responses: Consumer<TypingResponse>): CompletableFuture<Void?> =
        // Undispatched, so that keystrokes keep the order in which they were typed.
        done(CoroutineStart.UNDISPATCHED) { typing.type(request).collect(responses::accept) }

    /** [Typing.close]. */
    override fun close(): Unit = typing.close()
}

// Not the threads of an engine: an app's dependent stages may block, and must not hold up the engine's calls.
private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

private fun done(
    start: CoroutineStart = CoroutineStart.DEFAULT,
    call: suspend () -> Unit,
): CompletableFuture<Void?> = future(start = start) {
    call()
    null
}

/** [unwanted] receives a result whose future was cancelled meanwhile. */
internal fun <T> future(
    unwanted: (T) -> Unit = {},
    start: CoroutineStart = CoroutineStart.DEFAULT,
    call: suspend () -> T,
): CompletableFuture<T> {
    val future = CompletableFuture<T>()
    val job = scope.launch(start = start) {
        try {
            val result = call()
            if (!future.complete(result)) unwanted(result)
        } catch (cancelled: CancellationException) {
            // Only the future cancels this job, and it is complete then.
            throw cancelled
        } catch (error: Throwable) {
            future.completeExceptionally(error)
        }
    }
    future.whenComplete { _, _ -> job.cancel() }
    return future
}
