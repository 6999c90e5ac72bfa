/*
 * What Android's half of Compose has and the desktop's lacks, as far as the screens use it: so that they compile, and can be
 * drawn, where there is no Android. Texts are those of res/values/strings.xml.
 */
@file:Suppress("PackageDirectoryMismatch")

package androidx.compose.ui.res

import androidx.compose.runtime.Composable
import io.github.gensr.sample.R
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

private val file = File(System.getProperty("gensr.root"), "android/sample/src/main/res/values/strings.xml")

private val texts: Map<String, String> by lazy {
    val root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement
    buildMap {
        val strings = root.getElementsByTagName("string")
        for (i in 0 until strings.length) (strings.item(i) as Element).let { put(it.getAttribute("name"), it.textContent) }
        val plurals = root.getElementsByTagName("plurals")
        for (i in 0 until plurals.length) {
            val plural = plurals.item(i) as Element
            val items = plural.getElementsByTagName("item")
            for (j in 0 until items.length) (items.item(j) as Element).let {
                put("${plural.getAttribute("name")}/${it.getAttribute("quantity")}", it.textContent)
            }
        }
    }
}

/** Numbered by scripts/test-android. */
private val names: Map<Int, String> by lazy {
    listOf(R.string::class.java, R.plurals::class.java).flatMap { it.fields.asList() }
        .filter { it.type == Int::class.java }.associate { it.getInt(null) to it.name }
}

@Composable
fun stringResource(id: Int, vararg arguments: Any): String = texts.getValue(names.getValue(id)).format(*arguments)

@Composable
fun pluralStringResource(id: Int, count: Int, vararg arguments: Any): String =
    texts.getValue("${names.getValue(id)}/${if (count == 1) "one" else "other"}").format(*arguments)
