package io.github.gensr.android

import android.content.Context
import android.content.res.AssetFileDescriptor
import io.github.gensr.Engine
import io.github.gensr.EngineFutures
import io.github.gensr.EngineOptions
import io.github.gensr.future
import java.io.File
import java.util.concurrent.CompletableFuture

/** [openAsset] and its sisters for Java; cancelling a future leaves nothing open. */
public object AndroidEngines {

    /** [Engine.Companion.openAsset][openAsset]. */
    @JvmStatic
    @JvmOverloads
    public fun openAsset(
        context: Context,
        asset: String,
        options: EngineOptions = EngineOptions(),
        installed: File? = null,
    ): CompletableFuture<EngineFutures> = opened { Engine.openAsset(context, asset, options, installed) }

    /** [Engine.Companion.openDescriptor][openDescriptor]. Close the descriptor when the future is done, not before. */
    @JvmStatic
    @JvmOverloads
    public fun openDescriptor(
        context: Context,
        descriptor: AssetFileDescriptor,
        options: EngineOptions = EngineOptions(),
    ): CompletableFuture<EngineFutures> = opened { Engine.openDescriptor(context, descriptor, options) }

    /** [Engine.Companion.openFile][openFile]. */
    @JvmStatic
    @JvmOverloads
    public fun openFile(
        context: Context,
        file: File,
        options: EngineOptions = EngineOptions(),
    ): CompletableFuture<EngineFutures> = opened { Engine.openFile(context, file, options) }

    /** [Engine.trimMemoryWith][trimMemoryWith]. */
    @JvmStatic
    public fun trimMemoryWith(engine: EngineFutures, context: Context): AutoCloseable = engine.engine.trimMemoryWith(context)

    private fun opened(open: suspend () -> Engine): CompletableFuture<EngineFutures> =
        future(unwanted = EngineFutures::close) { open().futures() }
}
