package io.github.gensr.android

import android.content.ComponentCallbacks2
import io.github.gensr.Engine
import io.github.gensr.GensrException
import io.github.gensr.TrimLevel
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.delay
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.mockito.Mockito.doAnswer
import org.mockito.Mockito.spy
import java.io.File
import java.lang.ref.WeakReference

@Suppress("DEPRECATION")
class MemoryTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `the system's levels are the engine's`() {
        val levels = mapOf(
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_MODERATE to TrimLevel.CACHES,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW to TrimLevel.CACHES,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL to TrimLevel.CACHES,
            ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN to TrimLevel.BACKGROUND,
            ComponentCallbacks2.TRIM_MEMORY_BACKGROUND to TrimLevel.EVERYTHING,
            ComponentCallbacks2.TRIM_MEMORY_MODERATE to TrimLevel.EVERYTHING,
            ComponentCallbacks2.TRIM_MEMORY_COMPLETE to TrimLevel.EVERYTHING,
            // Levels that there may be one day.
            30 to TrimLevel.BACKGROUND,
            100 to TrimLevel.EVERYTHING,
        )
        assertEquals(levels, levels.keys.associateWith(::trimLevel))
    }

    @Test
    fun `memory is given back when the system asks, and the next call goes on`() = onDevice { device, engine ->
        val wanted = engine.recommend().hits
        assertTrue(engine.diagnostics().profile.open)
        engine.trimMemoryWith(device).use {
            val callbacks = device.callbacks.single() as ComponentCallbacks2
            callbacks.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW)
            callbacks.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
            while (engine.diagnostics().profile.open) delay(1)
            assertTrue(engine.diagnostics().providers.isNotEmpty(), "the graphs stay for now")
            callbacks.onLowMemory()
            while (engine.diagnostics().providers.isNotEmpty()) delay(1)
            assertEquals(wanted, engine.recommend().hits)
        }
        assertEquals(emptyList<Any>(), device.callbacks)
    }

    @Test
    fun `callbacks of a closed engine take themselves away`() = onDevice { device, engine ->
        engine.trimMemoryWith(device)
        val callbacks = device.callbacks.single() as ComponentCallbacks2
        engine.close()
        callbacks.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
        while (device.callbacks.isNotEmpty()) delay(1)
    }

    @Test
    fun `an engine that cannot give back ends nothing, and is asked again`() = onDevice { _, engine ->
        val refusing = spy(engine)
        val uncaught = mutableListOf<Throwable>()
        val job = SupervisorJob()
        val scope = CoroutineScope(job + CoroutineExceptionHandler { _, thrown -> uncaught += thrown })
        var gone = 0
        val callbacks = MemoryCallbacks(refusing, scope) { gone++ }
        for (refusal in listOf(GensrException.Internal("no room"), GensrException.InvalidArgument("none"))) {
            doAnswer { throw refusal }.`when`(refusing).trimMemory(TrimLevel.BACKGROUND)
            callbacks.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
            job.children.forEach { it.join() }
        }
        assertEquals(emptyList<Throwable>() to 0, uncaught to gone)
        doAnswer { throw GensrException.Closed() }.`when`(refusing).trimMemory(TrimLevel.BACKGROUND)
        callbacks.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
        job.join()
        assertEquals(emptyList<Throwable>() to 1, uncaught to gone)
    }

    @Test
    fun `callbacks keep no engine alive`() = onDevice { device, _ ->
        val forgotten = forgotten(device)
        while (forgotten.get() != null) {
            System.gc()
            delay(5)
        }
        val callbacks = device.callbacks.single() as ComponentCallbacks2
        callbacks.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
        while (device.callbacks.isNotEmpty()) delay(1)
        assertFalse(File(folder, "no_backup/forgotten").exists())
    }

    private suspend fun forgotten(device: Device): WeakReference<Engine> {
        val engine = Engine.open(demo.path)
        engine.trimMemoryWith(device)
        return WeakReference(engine)
    }

    private fun onDevice(body: suspend (Device, Engine) -> Unit): Unit = test {
        Device(folder).use { device -> Engine.openFile(device, demo).use { body(device, it) } }
    }
}
