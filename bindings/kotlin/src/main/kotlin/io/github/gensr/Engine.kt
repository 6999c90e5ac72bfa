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
 * coroutines at once. Cancelling a coroutine stops the native call that it waits for, and the coroutine ends when that has
 * come back, a few milliseconds later as a rule. Calls fail with [GensrException].
 *
 * Keep one engine for as long as the app shows anything of it, and [close] it then; one that is forgotten is let go of
 * some time after it became garbage. From Java, [futures] has the same calls as `CompletableFuture`s.
 *
 * @sample io.github.gensr.samples.tour
 */
public class Engine private constructor(
    // Never destroyed by hand: then a call that races with `close` would find a dead object instead of a closed engine.
    // After `shutdown` it is a shell of some bytes, which the garbage collector lets go of.
    private val native: NativeEngine,
    private val calls: NativeCalls,
) : AutoCloseable {

    /**
     * Items for a query, in the order that suits the recorded history.
     *
     * @param query What the user typed: 1 to 4,096 bytes of UTF-8, not only white space.
     * @param limit Hits wanted, 1 to 1,000.
     * @param filter Which items may be in the answer, see [Filter]; `null` is all.
     * @param offset Hits to skip, 0 or more: pages of one query, put together, are its one long list.
     * @param facets Names of the attributes whose values to count ([Answer.facets]), at most 64.
     * @throws GensrException.InvalidArgument where an argument is outside its limits, or a filter cannot be read; the reason
     *   has the column.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.search
     */
    public suspend fun search(
        query: String,
        limit: Int = 10,
        filter: String? = null,
        offset: Int = 0,
        facets: List<String> = emptyList(),
    ): Answer = search(SearchRequest(query, limit, offset, filter, facets = facets))

    /**
     * Items for a query, with everything that can be asked for.
     *
     * @throws GensrException.InvalidArgument where a field is outside its limits, or an attribute is not in the catalogue.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.searchRequest
     */
    public suspend fun search(request: SearchRequest): Answer =
        calls.model { native.search(request.toNative(), it).toPublic(request.attributes) }

    /**
     * What the recorded history suggests next; without a history, what suits most.
     *
     * @param limit Hits wanted, 1 to 1,000.
     * @throws GensrException.InvalidArgument where the limit is outside its bounds.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.recommend
     */
    public suspend fun recommend(limit: Int = 10): Answer = recommend(RecommendRequest(limit))

    /**
     * What a history suggests next, with everything that can be asked for.
     *
     * @throws GensrException.InvalidArgument where a field is outside its limits, or an attribute is not in the catalogue.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.recommendRequest
     */
    public suspend fun recommend(request: RecommendRequest): Answer =
        calls.model { native.recommend(request.toNative(), it).toPublic(request.attributes) }

    /**
     * Items like one item.
     *
     * @param itemId The item to compare with; it is not in the answer.
     * @param limit Hits wanted, 1 to 1,000.
     * @param taste How much the taste of the recorded history counts, 0 to 1: at 0 everybody gets the same answer.
     * @throws GensrException.InvalidArgument where the catalogue has no such item, or the limit is outside its bounds.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.similar
     */
    public suspend fun similar(itemId: String, limit: Int = 10, taste: Float = 0f): Answer =
        similar(SimilarRequest(itemId, limit, taste = taste))

    /**
     * Items like one item, with everything that can be asked for.
     *
     * @throws GensrException.InvalidArgument where the catalogue has no such item or attribute, or a field is outside its
     *   limits.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.similarRequest
     */
    public suspend fun similar(request: SimilarRequest): Answer =
        calls.model { native.similar(request.toNative(), it).toPublic(request.attributes) }

    /**
     * Texts that go on from what was typed: the user's own past queries, then categories, then titles. A fraction of a
     * millisecond, so it may be asked at every keystroke.
     *
     * @param typed What the search box holds, at most 4,096 bytes of UTF-8. Nothing is completed by the user's own queries.
     * @param limit Completions wanted, 1 to 100.
     * @throws GensrException.InvalidArgument where an argument is outside its limits.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.complete
     */
    public suspend fun complete(typed: String, limit: Int = 10): List<Completion> = calls.short {
        native.complete(wellFormed("typed", typed), count(limit)).map { it.toPublic() }
    }

    /**
     * Answers while the user types: for each keystroke a first answer from words after a fraction of a millisecond, and
     * then the whole ranking, which is what [search] answers. The first one keeps the order of what is on the screen and
     * still a match; it is left out where no item has a word of the query, so that there is always something to show.
     *
     * A newer keystroke supersedes an older one: its native call is stopped, and it never answers after. Leaving the flow
     * stops what is running. Nothing is collected ahead of a collector that is busy. The flow fails as [search] does.
     *
     * @param keystrokes What the search box holds, one text a keystroke; at most 4,096 bytes of UTF-8 each. White space is
     *   answered by no hits.
     * @param request What to search for a text with; ten hits where it is not given.
     * @sample io.github.gensr.samples.typing
     */
    public fun typing(
        keystrokes: Flow<String>,
        request: (String) -> SearchRequest = { SearchRequest(it) },
    ): Flow<TypedAnswer> = channelFlow {
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
     * Records that the user did something with an item, now.
     *
     * @param itemId Item id, 1 to 256 bytes.
     * @param kind Kind of event as the pack names them: `view`, `buy`, ...
     * @throws GensrException.InvalidArgument where an argument is outside its limits, or the pack refuses the kind.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.record
     */
    public suspend fun record(itemId: String, kind: String): Unit = record(Event(itemId, kind))

    /**
     * Records something that the user did. When it returns the event is on disk and in every later answer; when it is
     * cancelled the event may be recorded or not.
     *
     * @throws GensrException.InvalidArgument where a field is outside its limits, or the pack refuses the kind.
     * @throws GensrException.Internal where the profile cannot be written: a full disk, for example.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.record
     */
    public suspend fun record(event: Event): Unit = calls.short { native.record(event.toNative()) }

    /**
     * Records events in this order, all or none, in one write: for a history that the app kept until now.
     *
     * @param events At most 100,000.
     * @throws GensrException.InvalidArgument where a field is outside its limits; the reason has the place of the event.
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.recordMany
     */
    public suspend fun recordMany(events: List<Event>): Unit =
        calls.short { native.recordMany(events.map(Event::toNative)) }

    /**
     * The last recorded events, newest last.
     *
     * @param limit Events wanted, 1 to 100,000.
     * @throws GensrException.InvalidArgument where the limit is outside its bounds.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.history
     */
    public suspend fun history(limit: Int = 100): List<RecordedEvent> =
        calls.short { native.history(count(limit)).map { it.toPublic() } }

    /**
     * Erases events for good: in the files of the profile, in memory, and in what was derived from them. Every later answer is
     * that of a user who never had them.
     *
     * @return How many events.
     * @throws GensrException.InvalidArgument where an id or a query is outside its limits.
     * @throws GensrException.Internal where the profile cannot be written: then the events are still there.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.forget
     */
    public suspend fun forget(what: Forget): Int = calls.short { native.forget(what.toNative()).saturated() }

    /**
     * Erases the recorded history and all that was derived from it: it cannot be read back from the profile's files.
     *
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.clearHistory
     */
    public suspend fun clearHistory(): Unit = calls.short { native.clearHistory() }

    /**
     * Writes the recorded history to a file, in place of what is there: JSON Lines, oldest event first, objects with `item_id`,
     * `kind`, `timestamp_ms` and `query`. A file that could not be finished is removed.
     *
     * @return How many events.
     * @throws GensrException.InvalidArgument where the file cannot be made.
     * @throws GensrException.Internal where it cannot be written to its end.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.exportHistory
     */
    public suspend fun exportHistory(file: File): Int =
        calls.short { native.exportHistory(wellFormed("file", file.path)).saturated() }

    /**
     * Adds the events of a file that [exportHistory] wrote and that are not recorded yet, all or none, each where its time is
     * among those that are.
     *
     * @return How many events.
     * @throws GensrException.InvalidArgument where the file cannot be read, or a line is no event; the reason has its number.
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.exportHistory
     */
    public suspend fun importHistory(file: File): Int =
        calls.short { native.importHistory(wellFormed("file", file.path)).saturated() }

    /**
     * What becomes of what the user does from now on. Calls that are running end as they began.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.incognito
     */
    public suspend fun setRecording(recording: Recording): Unit =
        calls.short { native.setRecording(recording.toNative()) }

    /**
     * What becomes of what the user does.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.incognito
     */
    public suspend fun recording(): Recording = calls.short { native.recording().toPublic() }

    /**
     * Encrypts the profile with another key, or with its first. When it returns the old key opens it no more; where the app is
     * killed on the way the profile has the one key or the other.
     *
     * @param key 32 random bytes, as [EngineOptions.key]. The array is not copied: overwrite it when this has returned.
     * @throws GensrException.InvalidArgument where the key has not 32 bytes, the profile is in memory, or the native library has
     *   no SQLCipher.
     * @throws GensrException.Internal where the profile cannot be written: then it has its old key.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.rotateKey
     */
    public suspend fun rotateKey(key: ByteArray): Unit = calls.short { native.rotateKey(key) }

    /**
     * Puts another pack in the place of the open one: copies it, compares its hash, tries it, and answers from it. Calls go on
     * meanwhile, each wholly on one pack; the history is read anew by item id. After an error everything is as it was.
     * When it is cancelled, the one pack or the other is there. [PackSource.newest] opens it at the next start.
     *
     * @throws GensrException.BadPack where the hash is another one, or the file is no pack that works.
     * @throws GensrException.Incompatible where the pack is of a version that this engine cannot use.
     * @throws GensrException.InvalidArgument where there is no such file, the hash is not 64 hex digits, or a destination is
     *   needed.
     * @throws GensrException.Internal where the disk is full.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.install
     */
    public suspend fun install(request: InstallRequest): Installed =
        calls.model { native.install(request.toNative(), it).toPublic() }

    /**
     * Adds items to the catalogue, or replaces those with their ids; all or none. When it returns they are on disk, and found
     * by their words, titles and attributes. [VectorJob.run] makes what finds them by meaning.
     *
     * @param items At most 10,000; send many at once. Those that are older than what is there are left out.
     * @throws GensrException.InvalidArgument where an item is outside the limits of [Upsert], or has an attribute that the pack
     *   has not; the reason has the place of the item, from 0.
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.upsertItems
     */
    public suspend fun upsertItems(items: List<Upsert>): VectorJob =
        calls.short { VectorJob(native.upsertItems(items.map(Upsert::toNative)), calls) }

    /**
     * Takes items out of the catalogue. When it returns no later answer has them. Events on them are kept and sleep.
     *
     * @param ids At most 10,000; ids that the catalogue does not have are no fault.
     * @return How many of the ids were in it.
     * @throws GensrException.InvalidArgument where an id is outside its limits.
     * @throws GensrException.Internal where the profile cannot be written.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.removeItems
     */
    public suspend fun removeItems(ids: List<String>): Int =
        calls.short { native.removeItems(wellFormed("ids", ids)).saturated() }

    /**
     * Titles and attributes of items: for a screen of the app that has nothing but ids.
     *
     * @param ids At most 10,000.
     * @return In the order of the ids; `null` for an id that the catalogue does not have.
     * @throws GensrException.InvalidArgument where there are too many ids.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.items
     */
    public suspend fun items(ids: List<String>): List<Item?> =
        calls.short { native.items(wellFormed("ids", ids)).map { it?.toPublic() } }

    /**
     * The vectors that are to be made now, of whatever upsert: after a restart, or after another pack was installed.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.pendingVectors
     */
    public suspend fun pendingVectors(): VectorJob = calls.short { VectorJob(native.pendingVectors(), calls) }

    /**
     * Does ahead what the first search and the first recommendation would wait for. A good moment is just after [open],
     * while the app draws its first screen. With [Accelerator.AUTO] it is also what tries the accelerators of the device, once
     * for a pack: seconds, where they compile.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.warmUp
     */
    public suspend fun warmUp(): Unit = calls.model { native.warmUp(it) }

    /**
     * Gives back memory that can be filled again, and from [TrimLevel.BACKGROUND] on the lock on the profile. The next call
     * opens again what it needs.
     *
     * @param level How much.
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.trimMemory
     */
    public suspend fun trimMemory(level: TrimLevel = TrimLevel.EVERYTHING): Unit =
        calls.short { native.trimMemory(level.toNative()) }

    /**
     * What the engine says about itself. Loads nothing.
     *
     * @throws GensrException.Closed after [close].
     * @sample io.github.gensr.samples.diagnostics
     */
    public suspend fun diagnostics(): Diagnostics = calls.short { native.diagnostics().toPublic() }

    /** This engine for Java. */
    public fun futures(): EngineFutures = EngineFutures(this)

    /**
     * Lets go of the pack and the profile. Calls that are running end well, without this waiting for them; later ones fail
     * with [GensrException.Closed]. Any thread may call it, any number of times.
     *
     * @sample io.github.gensr.samples.close
     */
    override fun close(): Unit = native.shutdown()

    public companion object {

        /**
         * Opens a pack that is a file of its own, and the profile of its user: tens of milliseconds, as a rule.
         *
         * @param path Path of the pack.
         * @throws GensrException.BadPack where the file is not a pack, or a damaged one.
         * @throws GensrException.Incompatible where the pack, the profile or ONNX Runtime is of a version that does not fit.
         * @throws GensrException.InvalidArgument where an option is outside its bounds, or another engine has the profile.
         * @throws GensrException.Internal where ONNX Runtime or this library's native part is missing, or the profile
         *   cannot be written.
         * @sample io.github.gensr.samples.open
         */
        public suspend fun open(path: String, options: EngineOptions = EngineOptions()): Engine =
            open(PackSource.Path(path), options)

        /**
         * Opens a pack, wherever it is, and the profile of its user: tens of milliseconds, as a rule. A cancelled open
         * leaves nothing open.
         *
         * @throws GensrException.BadPack where the source is not a pack, or a damaged one.
         * @throws GensrException.Incompatible where the pack, the profile or ONNX Runtime is of a version that does not fit.
         * @throws GensrException.InvalidArgument where an option or the descriptor is outside its bounds, or another engine
         *   has the profile.
         * @throws GensrException.Internal where ONNX Runtime or this library's native part is missing, or the profile
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
                // The caller left while the native call ran, and nobody else knows of the engine that it made.
                opened?.close()
                throw cancelled
            }
        }
    }
}
