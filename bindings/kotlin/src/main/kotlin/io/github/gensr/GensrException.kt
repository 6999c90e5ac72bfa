package io.github.gensr

/**
 * Why a call failed: six kinds for an exhaustive `when`.
 *
 * Messages and reasons never hold a query, an item id or any other part of the user's history: they may be logged.
 *
 * @sample io.github.gensr.samples.branchOnErrors
 */
public sealed class GensrException(message: String, cause: Throwable? = null) : Exception(message, cause) {

    /** The engine was closed, or another process took its profile while it was trimmed. Open it again. */
    public class Closed : GensrException("the engine is closed")

    /**
     * An argument is outside its documented limits, or names something that does not exist: a bug of the app, as a rule.
     *
     * @property reason The fault, and the accepted values.
     */
    public class InvalidArgument(public val reason: String) : GensrException("invalid argument: $reason")

    /**
     * The file is not a pack, or a damaged one: fetch it again.
     *
     * @property reason The check that failed.
     */
    public class BadPack(public val reason: String) : GensrException("bad pack: $reason")

    /**
     * The pack, the profile or ONNX Runtime is of a version that this engine cannot use: update the app, or the pack.
     *
     * @property found The version found.
     * @property supported The versions that this engine can use.
     */
    public class Incompatible(public val found: String, public val supported: String) :
        GensrException("incompatible: found $found, supported $supported")

    /**
     * The native call was stopped by its caller.
     *
     * Coroutines do not see it thrown: a cancelled call throws a
     * [CancellationException][kotlin.coroutines.cancellation.CancellationException], with this as its cause if the native
     * call was running already.
     */
    public class Cancelled : GensrException("cancelled")

    /**
     * A failure that is not the caller's doing: a full disk, a missing library, a bug.
     *
     * @property reason The failure.
     */
    public class Internal @JvmOverloads constructor(public val reason: String, cause: Throwable? = null) :
        GensrException("internal error: $reason", cause)
}
