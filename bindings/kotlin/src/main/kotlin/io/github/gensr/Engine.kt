package io.github.gensr

import io.github.gensr.ffi.Engine as NativeEngine
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.collectLatest
import java.io.File

/**
 * Search and recommendation over one pack, for one user, on this device.
 *
 * Every call is main-safe: it suspends, and the work runs on threads of a background pool. An engine may be used from many
 * coroutines at once. Cancelling a coroutine stops its native call; the coroutine ends when that has returned, usually a few
 * milliseconds later. Calls fail with [GensrException].
 *
 * Keep one engine for as long as the app needs it, then [close] it; the garbage collector frees one that was not closed. From
 * Java, [futures] has the same calls as `CompletableFuture`s.
 *
 * @sample io.github.gensr.samples.tour
 */
public class Engine private constructor(
    // Never destroyed explicitly: a call that races with `close` would find a dead object instead of a closed engine. After
    // `shutdown` only a few bytes are left, which the garbage collector frees.
    private val native: NativeEngine,
    private val calls: NativeCalls,
) : AutoCloseable {

    /**
     * Items for a query, ranked for the recorded history.
     *
     * @param query Text of the search: 1 to 4,096 bytes of UTF-8, not only white space.
     * @param limit Number of hits, 1 to 1,000.
     * @param filter Items allowed in the response, see [Filter]; `null` is all.
     * @param offset Hits to skip, 0 or more. Consecutive pages of a query form one list.
     * @param facets Names of the attributes whose values to count ([Response.facets]), at most 64.
     * @throws GensrException.InvalidArgument if an argument is outside its limits, or the filter is invalid; the reason has
     *   the column.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.search
     */
    public suspend fun search(
        query: String,
        limit: Int = 10,
        filter: String? = null,
        offset: Int = 0,
        facets: List<String> = emptyList(),
    ): Response = search(
        SearchRequest(query) { limit(limit).offset(offset).filter(filter).facets(facets) },
    )

    /**
     * Items for a query, with all options.
     *
     * @throws GensrException.InvalidArgument if a field is outside its limits, or an attribute is not in the catalogue.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.searchRequest
     */
    public suspend fun search(request: SearchRequest): Response =
        calls.model { native.search(request.toNative(), it).toPublic(request.attributes) }

    /**
     * Recommendations for the recorded history; without a history, popular items.
     *
     * @param limit Number of hits, 1 to 1,000.
     * @throws GensrException.InvalidArgument if the limit is outside its bounds.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.recommend
     */
    public suspend fun recommend(limit: Int = 10): Response = recommend(RecommendRequest { limit(limit) })

    /**
     * Recommendations for a history, with all options.
     *
     * @throws GensrException.InvalidArgument if a field is outside its limits, or an attribute is not in the catalogue.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.recommendRequest
     */
    public suspend fun recommend(request: RecommendRequest): Response =
        calls.model { native.recommend(request.toNative(), it).toPublic(request.attributes) }

    /**
     * Items similar to one item.
     *
     * @param itemId The item to compare with; it is not in the response.
     * @param limit Number of hits, 1 to 1,000.
     * @param personalisation Weight of the recorded history, 0 to 1: at 0 the response is the same for everybody.
     * @throws GensrException.InvalidArgument if the catalogue has no such item, or the limit is outside its bounds.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.similar
     */
    public suspend fun similar(itemId: String, limit: Int = 10, personalisation: Float = 0f): Response =
        similar(SimilarRequest(itemId) { limit(limit).personalisation(personalisation) })

    /**
     * Items similar to one item, with all options.
     *
     * @throws GensrException.InvalidArgument if the catalogue has no such item or attribute, or a field is outside its
     *   limits.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.similarRequest
     */
    public suspend fun similar(request: SimilarRequest): Response =
        calls.model { native.similar(request.toNative(), it).toPublic(request.attributes) }

    /**
     * Completions of typed text: the user's own past queries, then categories, then titles. Takes a fraction of a
     * millisecond, fast enough for every keystroke.
     *
     * @param typed Text of the search box, at most 4,096 bytes of UTF-8. For an empty text only own queries are returned.
     * @param limit Number of completions, 1 to 100.
     * @throws GensrException.InvalidArgument if an argument is outside its limits.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.complete
     */
    public suspend fun complete(typed: String, limit: Int = 10): List<Completion> = calls.short {
        native.complete(wellFormed("typed", typed), count(limit)).map { it.toPublic() }
    }

    /**
     * Responses while the user types: for each keystroke a first response from words alone after a fraction of a
     * millisecond, then the full ranking, as from [search]. Hits of the first one that are on the screen already keep their
     * order. It is left out if no item has a word of the query, so that the list on the screen can stay.
     *
     * A newer keystroke supersedes an older one, whose native call is stopped. Cancelling the collection stops the running
     * call. Nothing is emitted ahead of a busy collector. The flow fails as [search] does.
     *
     * @param keystrokes Text of the search box after each keystroke; at most 4,096 bytes of UTF-8 each. White space alone has
     *   no hits.
     * @param request Makes the request for a text; ten hits by default.
     * @sample io.github.gensr.samples.typing
     */
    public fun typing(
        keystrokes: Flow<String>,
        request: (String) -> SearchRequest = { SearchRequest(it) },
    ): Flow<TypingResponse> = channelFlow {
        typing().use { box ->
            keystrokes.collectLatest { text -> box.type(request(text)).collect { send(it) } }
        }
    }.buffer(Channel.RENDEZVOUS)

    /**
     * A search box over this engine, for apps that start the search for each keystroke themselves.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.typingSession
     */
    public fun typing(): Typing = Typing(translated { native.typing() }, calls)

    /**
     * Records an event on an item, now.
     *
     * @param itemId Item id, 1 to 256 bytes.
     * @param kind Kind of event as the pack names them: `view`, `buy`, ...
     * @throws GensrException.InvalidArgument if an argument is outside its limits, or the pack refuses the kind.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.record
     */
    public suspend fun record(itemId: String, kind: String): Unit = record(Event(itemId, kind))

    /**
     * Records an event. When it returns, the event is on disk and counts in every later response; if it is cancelled, the
     * event may or may not be recorded.
     *
     * @throws GensrException.InvalidArgument if a field is outside its limits, or the pack refuses the kind.
     * @throws GensrException.Internal if the profile cannot be written: a full disk, for example.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.record
     */
    public suspend fun record(event: Event): Unit = calls.short { native.record(event.toNative()) }

    /**
     * Records events in this order, all or none, in one write: for a history that the app already has.
     *
     * @param events At most 100,000.
     * @throws GensrException.InvalidArgument if a field is outside its limits; the reason has the index of the event.
     * @throws GensrException.Internal if the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.recordMany
     */
    public suspend fun recordMany(events: List<Event>): Unit =
        calls.short { native.recordMany(events.map(Event::toNative)) }

    /**
     * The last recorded events, newest last.
     *
     * @param limit Number of events, 1 to 100,000.
     * @throws GensrException.InvalidArgument if the limit is outside its bounds.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.history
     */
    public suspend fun history(limit: Int = 100): List<RecordedEvent> =
        calls.short { native.history(count(limit)).map { it.toPublic() } }

    /**
     * Erases events permanently: in the files of the profile, in memory, and in everything derived from them. Later
     * responses are as if the events had never been recorded.
     *
     * @return How many events.
     * @throws GensrException.InvalidArgument if an id or a query is outside its limits.
     * @throws GensrException.Internal if the profile cannot be written; the events are kept then.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.forget
     */
    public suspend fun forget(events: Forget): Int = calls.short { native.forget(events.toNative()).saturated() }

    /**
     * Erases the recorded history and everything derived from it; it cannot be recovered from the profile's files.
     *
     * @throws GensrException.Internal if the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.clearHistory
     */
    public suspend fun clearHistory(): Unit = calls.short { native.clearHistory() }

    /**
     * Writes the recorded history to a file, replacing an existing one: JSON Lines, oldest event first, objects with
     * `item_id`, `kind`, `timestamp_ms` and `query`. An incomplete file is removed.
     *
     * @return How many events.
     * @throws GensrException.InvalidArgument if the file cannot be made.
     * @throws GensrException.Internal if it cannot be completed.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.exportHistory
     */
    public suspend fun exportHistory(file: File): Int =
        calls.short { native.exportHistory(wellFormed("file", file.path)).saturated() }

    /**
     * Adds the events of a file from [exportHistory] that are not recorded yet, all or none, in the order of their times.
     *
     * @return How many events.
     * @throws GensrException.InvalidArgument if the file cannot be read, or a line is no event; the reason has its number.
     * @throws GensrException.Internal if the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.exportHistory
     */
    public suspend fun importHistory(file: File): Int =
        calls.short { native.importHistory(wellFormed("file", file.path)).saturated() }

    /**
     * Sets whether events are recorded and used from now on. Running calls are not affected.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.incognito
     */
    public suspend fun setRecording(recording: Recording): Unit =
        calls.short { native.setRecording(recording.toNative()) }

    /**
     * Whether events are recorded and used.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.incognito
     */
    public suspend fun recording(): Recording = calls.short { native.recording().toPublic() }

    /**
     * Encrypts the profile with a new key. When it returns, the old key no longer opens it; if the app is killed meanwhile, the
     * profile has one key or the other.
     *
     * @param key 32 random bytes, as [EngineOptions.key]. The array is not copied: overwrite it when this has returned.
     * @throws GensrException.InvalidArgument if the key does not have 32 bytes, the profile is in memory, or the native library
     *   has no SQLCipher.
     * @throws GensrException.Internal if the profile cannot be written; it keeps the old key then.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.rotateKey
     */
    public suspend fun rotateKey(key: ByteArray): Unit = calls.short { native.rotateKey(key) }

    /**
     * Replaces the open pack: copies the new one, compares its hash, tries it, and switches to it. Calls go on meanwhile, each
     * on one pack; the history is matched to the new items by id. After an error nothing has changed; after a cancellation
     * either pack is in place. [PackSource.newest] finds it at the next start.
     *
     * @throws GensrException.BadPack if the hash differs, or the file is not a working pack.
     * @throws GensrException.Incompatible if the pack is of a version that this engine cannot use.
     * @throws GensrException.InvalidArgument if the file is missing, the hash is not 64 hex digits, or a destination is
     *   required.
     * @throws GensrException.Internal if the disk is full.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.install
     */
    public suspend fun install(request: InstallRequest): Installed =
        calls.model { native.install(request.toNative(), it).toPublic() }

    /**
     * Adds or replaces items of the catalogue, all or none. When it returns they are on disk, and found by their words, titles
     * and attributes. [VectorJob.run] makes the vectors by which they are found by meaning.
     *
     * @param items At most 10,000; send many at once. Items older than the catalogue's are left out.
     * @throws GensrException.InvalidArgument if an item is outside the limits of [Upsert], or has an attribute that the pack
     *   lacks; the reason has the index of the item, from 0.
     * @throws GensrException.Internal if the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.upsertItems
     */
    public suspend fun upsertItems(items: List<Upsert>): VectorJob =
        calls.short { VectorJob(native.upsertItems(items.map(Upsert::toNative)), calls) }

    /**
     * Removes items from the catalogue and from every later response. Events on them are kept, dormant.
     *
     * @param ids At most 10,000; unknown ids are ignored.
     * @return How many of the ids were in it.
     * @throws GensrException.InvalidArgument if an id is outside its limits.
     * @throws GensrException.Internal if the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.removeItems
     */
    public suspend fun removeItems(ids: List<String>): Int =
        calls.short { native.removeItems(wellFormed("ids", ids)).saturated() }

    /**
     * Titles and attributes of items, for example of a basket of ids.
     *
     * @param ids At most 10,000.
     * @return In the order of the ids; `null` for unknown ids.
     * @throws GensrException.InvalidArgument if there are too many ids.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.items
     */
    public suspend fun items(ids: List<String>): List<Item?> =
        calls.short { native.items(wellFormed("ids", ids)).map { it?.toPublic() } }

    /**
     * A job for all vectors that are missing now: after a restart, or after a pack was installed.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.pendingVectors
     */
    public suspend fun pendingVectors(): VectorJob = calls.short { VectorJob(native.pendingVectors(), calls) }

    /**
     * Loads what the first search and the first recommendation would wait for. Best called just after [open], while the app
     * draws its first screen.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.warmUp
     */
    public suspend fun warmUp(): Unit = calls.model { native.warmUp(it) }

    /**
     * Frees memory that can be filled again, and from [TrimLevel.BACKGROUND] on the lock on the profile. The next call reopens
     * what it needs.
     *
     * @param level How much.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.trimMemory
     */
    public suspend fun trimMemory(level: TrimLevel = TrimLevel.EVERYTHING): Unit =
        calls.short { native.trimMemory(level.toNative()) }

    /**
     * State of the engine. Loads nothing.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.diagnostics
     */
    public suspend fun diagnostics(): Diagnostics = calls.short { native.diagnostics().toPublic() }

    /** This engine for Java. */
    public fun futures(): EngineFutures = EngineFutures(this)

    /**
     * Releases the pack and the profile, without waiting for running calls, which complete; later ones fail with
     * [GensrException.Closed]. Thread-safe and idempotent.
     *
     * @sample io.github.gensr.samples.close
     */
    override fun close(): Unit = native.shutdown()

    public companion object {

        /**
         * Opens a pack file and the profile of its user. Usually takes tens of milliseconds.
         *
         * @param path Path of the pack.
         * @throws GensrException.BadPack if the file is not a pack, or a damaged one.
         * @throws GensrException.Incompatible if the pack, the profile or ONNX Runtime is of a version that does not fit.
         * @throws GensrException.InvalidArgument if an option is outside its bounds, or another engine has the profile.
         * @throws GensrException.Internal if ONNX Runtime or this library's native part is missing, or the profile
         *   cannot be written.
         * @sample io.github.gensr.samples.open
         */
        public suspend fun open(path: String, options: EngineOptions = EngineOptions()): Engine =
            open(PackSource.Path(path), options)

        /**
         * Opens a pack and the profile of its user. Usually takes tens of milliseconds. A cancelled open leaves nothing open.
         *
         * @throws GensrException.BadPack if the source is not a pack, or a damaged one.
         * @throws GensrException.Incompatible if the pack, the profile or ONNX Runtime is of a version that does not fit.
         * @throws GensrException.InvalidArgument if an option or the descriptor is outside its bounds, or another engine
         *   has the profile.
         * @throws GensrException.Internal if ONNX Runtime or this library's native part is missing, or the profile
         *   cannot be written.
         * @sample io.github.gensr.samples.openDescriptor
         */
        public suspend fun open(source: PackSource, options: EngineOptions = EngineOptions()): Engine {
            val calls = NativeCalls()
            var opened: Engine? = null
            try {
                calls.short { opened = Engine(NativeEngine.open(source.toNative(), options.toNative()), calls) }
                return checkNotNull(opened)
            } catch (cancelled: CancellationException) {
                // Cancelled while the native call ran: nobody else has this engine.
                opened?.close()
                throw cancelled
            }
        }
    }
}
