package io.github.gensr.android

import android.content.res.AssetFileDescriptor
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.ExecutionProvider
import io.github.gensr.GensrException
import io.github.gensr.InstallRequest
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.security.MessageDigest
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.minutes

class PacksTest {
    @TempDir
    lateinit var folder: File

    private val device by lazy { Device(folder).apply { store("ads.json", File(root, "LICENSE")) } }

    @AfterEach
    fun close() = device.close()

    @Test
    fun `a pack opens where it lies in the APK, and answers as the file does`() = test {
        device.store("shop.gensr", demo)
        val wanted = Engine.open(demo.path).use { it.search("tent").hits }
        Engine.openAsset(device, "shop.gensr").use { engine ->
            assertEquals(emptyList<Int>(), device.open, "the descriptor is closed, the map goes on")
            assertEquals(wanted, engine.search("tent").hits)
        }
    }

    @Test
    fun `the history goes where no backup looks, unless the app says otherwise`() = test {
        device.store("shop.gensr", demo)
        Engine.openAsset(device, "shop.gensr").use { it.record("g0001", "view") }
        assertTrue(File(folder, "no_backup/gensr/profile.sqlite3").isFile)
        Engine.openFile(device, demo).use { engine -> assertEquals(listOf("g0001"), engine.history().map { it.itemId }) }
        Engine.openFile(device, demo, EngineOptions(profileFolder(device, "guest"))).use { assertEquals(0, it.history().size) }
        assertEquals(setOf("gensr", "guest"), File(folder, "no_backup").list()!!.toSet())
    }

    @Test
    fun `other options are kept where the folder is the default one`() = test {
        val chosen = EngineOptions { provider(ExecutionProvider.XNNPACK).maxEvents(9) }.onDevice(device)
        assertEquals(ExecutionProvider.XNNPACK to 9, chosen.provider to chosen.maxEvents)
    }

    @Test
    fun `a compressed asset is refused, and the message is what to write into the build file`() = test {
        device.compress("shop.gensr")
        val refused = thrownBy<GensrException.InvalidArgument> { Engine.openAsset(device, "shop.gensr") }
        assertTrue("noCompress += \"gensr\"" in refused.reason, refused.reason)
        val missing = thrownBy<GensrException.InvalidArgument> { Engine.openAsset(device, "shoe.gensr") }
        assertEquals("the app has no asset shoe.gensr", missing.reason)
    }

    @Test
    fun `what is no pack is refused, and nothing stays open`() = test {
        thrownBy<GensrException.BadPack> { Engine.openAsset(device, "ads.json") }
        assertEquals(emptyList<Int>(), device.open)
        assertFalse(File(folder, "no_backup/gensr/profile.lock").isFile, "nor was a profile begun")
    }

    @Test
    fun `a descriptor of the app's own stays the app's`() = test {
        val whole = device.descriptor(demo, 0, AssetFileDescriptor.UNKNOWN_LENGTH)
        Engine.openDescriptor(device, whole).use { engine ->
            assertEquals(1, device.open.size)
            whole.close()
            assertEquals(10, engine.search("tent").hits.size)
        }
        device.descriptor(demo, 4, 100).use { part ->
            thrownBy<GensrException.BadPack> { Engine.openDescriptor(device, part) }
        }
    }

    @Test
    fun `an installed pack is opened in place of the asset`() = test {
        device.store("shop.gensr", demo)
        val installed = File(folder, "no_backup/shop.gensr")
        suspend fun firstId() = Engine.openAsset(device, "shop.gensr", installed = installed).use { engine ->
            val id = engine.search("tent").hits[0].id
            if (!installed.exists()) engine.install(InstallRequest(other, sha256(other), installed))
            id
        }
        assertEquals("g", firstId().take(1))
        assertEquals("h", firstId().take(1))
        Engine.openAsset(device, "shop.gensr").use { assertEquals("g", it.search("tent").hits[0].id.take(1)) }
        assertEquals(emptyList<Int>(), device.open)
    }

    @Test
    fun `no file is touched on the caller's thread`() = test {
        device.store("shop.gensr", demo)
        val main = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
        main.use {
            withContext(main) {
                val mainThread = Thread.currentThread()
                Engine.openAsset(device, "shop.gensr").close()
                Engine.openFile(device, demo).close()
                profileFolder(device)
                assertTrue(device.threads.isNotEmpty())
                assertFalse(mainThread in device.threads)
            }
        }
    }

    @Test
    fun `from Java`() {
        device.store("shop.gensr", demo)
        AndroidEngines.openAsset(device, "shop.gensr").get().use { assertEquals(10, it.search("tent").get().hits.size) }
        AndroidEngines.openFile(device, demo).get().close()
        device.descriptor("shop.gensr").use { AndroidEngines.openDescriptor(device, it).get().close() }
        val failed = assertThrows(ExecutionException::class.java) { AndroidEngines.openAsset(device, "none").get() }
        assertTrue(failed.cause is GensrException.InvalidArgument)
        assertEquals(emptyList<Int>(), device.open)
    }
}

/** The hash that an app gets from its server. */
internal fun sha256(file: File): String =
    MessageDigest.getInstance("SHA-256").digest(file.readBytes()).joinToString("") { "%02x".format(it) }

/** The time is a safety net: it ends a test that hangs. */
internal fun test(body: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(5.minutes) { body() } }

internal inline fun <reified T : Throwable> thrownBy(call: () -> Any?): T {
    try {
        call()
    } catch (thrown: Throwable) {
        if (thrown is T) return thrown
        throw thrown
    }
    throw AssertionError("nothing was thrown, and ${T::class.simpleName} was wanted")
}
