package io.github.gensr.android

import android.content.ComponentCallbacks2
import android.content.Context
import android.content.res.Configuration
import io.github.gensr.Engine
import io.github.gensr.GensrException
import io.github.gensr.TrimLevel
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.lang.ref.WeakReference

/**
 * Frees memory whenever the system asks for it, as much as [trimLevel] says, until the engine or the returned object is
 * closed. Nothing runs on the main thread, and neither the engine nor an activity is kept alive: the callbacks belong to the
 * application.
 *
 * @param context Any context of the app.
 */
public fun Engine.trimMemoryWith(context: Context): AutoCloseable {
    val application = context.applicationContext
    return MemoryCallbacks(this, unregister = application::unregisterComponentCallbacks)
        .also(application::registerComponentCallbacks)
}

/** The level that corresponds to one of `ComponentCallbacks2.onTrimMemory`. */
public fun trimLevel(level: Int): TrimLevel = when {
    level >= ComponentCallbacks2.TRIM_MEMORY_BACKGROUND -> TrimLevel.EVERYTHING
    level >= ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN -> TrimLevel.BACKGROUND
    else -> TrimLevel.CACHES
}

internal class MemoryCallbacks(
    engine: Engine,
    private val scope: CoroutineScope = CoroutineScope(SupervisorJob() + Dispatchers.Default),
    private val unregister: (ComponentCallbacks2) -> Unit,
) : ComponentCallbacks2, AutoCloseable {
    // The system keeps the callbacks for as long as the process lives; an engine that was not closed can be collected.
    private val engine = WeakReference(engine)

    override fun onTrimMemory(level: Int) {
        scope.launch {
            try {
                engine.get()?.trimMemory(trimLevel(level)) ?: close()
            } catch (refused: GensrException) {
                // Rethrowing would crash the app; the next call reports the error.
                if (refused is GensrException.Closed) close()
            }
        }
    }

    // For systems before level 14; later ones also call it before they kill processes.
    @Deprecated("as the system has it")
    override fun onLowMemory(): Unit = onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)

    override fun onConfigurationChanged(newConfig: Configuration): Unit = Unit

    override fun close() {
        unregister(this)
        scope.cancel()
    }
}
