package io.github.gensr.smoke

import android.content.Intent
import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import androidx.test.uiautomator.By
import androidx.test.uiautomator.UiDevice
import androidx.test.uiautomator.Until
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

/**
 * The app as a user meets it, from outside: it knows no class of the app, so it can test the minified one, in which their names
 * are gone.
 */
@RunWith(AndroidJUnit4::class)
class SmokeTest {
    private val instrumentation = InstrumentationRegistry.getInstrumentation()
    private val device = UiDevice.getInstance(instrumentation)

    @Test
    fun searchOpenAndComeBack() {
        val app = "io.github.gensr.sample"
        val start = instrumentation.context.packageManager.getLaunchIntentForPackage(app)!!
        instrumentation.context.startActivity(start.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK or Intent.FLAG_ACTIVITY_CLEAR_TASK))
        assertNotNull("the feed", device.wait(Until.findObject(By.text("For you")), WAIT))

        device.findObject(By.clazz("android.widget.EditText")).text = "light shell"
        val hit = device.wait(Until.findObject(By.textContains("Shell")), WAIT)
        assertNotNull("a hit", hit)
        hit.click()
        assertNotNull("the page of the item", device.wait(Until.findObject(By.text("Why it is here")), WAIT))
        device.pressBack()
        assertTrue("the results again", device.wait(Until.hasObject(By.textContains("Shell")), WAIT))
    }

    private companion object {
        const val WAIT = 20_000L
    }
}
