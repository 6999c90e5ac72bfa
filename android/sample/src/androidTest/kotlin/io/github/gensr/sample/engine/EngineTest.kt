package io.github.gensr.sample.engine

import android.os.Looper
import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import io.github.gensr.Engine
import io.github.gensr.EngineOptions
import io.github.gensr.GensrException
import io.github.gensr.android.openAsset
import io.github.gensr.android.profileFolder
import io.github.gensr.android.trimMemoryWith
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertSame
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

/** The engine on a device, over the pack in the APK. */
@RunWith(AndroidJUnit4::class)
class EngineTest {
    private val context = InstrumentationRegistry.getInstrumentation().targetContext

    @Test
    fun opensTheAssetAndAnswers() = onShop { engine ->
        val found = engine.search("light shell")
        assertEquals(10, found.hits.size)
        assertTrue(found.hits.all { it.title.isNotEmpty() })
        assertEquals(10, engine.recommend().hits.size)
        assertEquals(10, engine.similar(found.hits[0].id).hits.size)
        assertTrue(engine.diagnostics().onnxruntime!!.startsWith("1."))
    }

    @Test
    fun whatIsRecordedIsThereAfterARestart() {
        onShop { engine ->
            engine.clearHistory()
            val stranger = engine.recommend().hits.map { it.id }
            engine.record(engine.search("tent").hits[0].id, "view")
            assertNotEquals(stranger, engine.recommend().hits.map { it.id })
        }
        onShop { engine -> assertEquals(listOf("view"), engine.history().map { it.kind }) }
        assertTrue(runBlocking { profileFolder(context, FOLDER) }.startsWith(context.noBackupFilesDir))
    }

    @Test
    fun callsMayComeFromTheMainThread() = onShop { engine ->
        withContext(Dispatchers.Main) {
            assertSame(Looper.getMainLooper(), Looper.myLooper())
            engine.trimMemoryWith(context).use { assertEquals(10, engine.search("tent").hits.size) }
        }
    }

    @Test
    fun anAssetThatIsNotThereIsNamed() {
        val refused = assertThrows(GensrException.InvalidArgument::class.java) {
            runBlocking { Engine.openAsset(context, "none.gensr") }
        }
        assertEquals("the app has no asset none.gensr", refused.reason)
    }

    private fun onShop(body: suspend (Engine) -> Unit): Unit = runBlocking {
        Engine.openAsset(context, "demo.gensr", EngineOptions(profileFolder(context, FOLDER))).use { body(it) }
    }

    private companion object {
        /** Not the app's own. */
        const val FOLDER = "gensr-test"
    }
}
