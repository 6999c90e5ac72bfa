package io.github.gensr

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.io.File
import java.security.MessageDigest
import kotlin.time.Duration.Companion.minutes

/** Files from scripts/test-kotlin. */
internal object TestData {
    val root = File(System.getProperty("gensr.root")).canonicalFile
    private val made = File(root, "target/testdata/bindings")

    /** The demo pack. */
    val demo = existing(File(root, "models/demo/demo.gensr")).path

    /** The demo pack with a decoder that never ends: search, recommend and warmUp run until they are cancelled. */
    val endless = existing(File(made, "endless.gensr")).path

    /** The demo pack as if a later version had written it. */
    val newer = existing(File(made, "newer.gensr")).path

    /** The demo pack as another shop, whose ids begin with "h" and not with "g": to be installed. */
    val other = existing(File(made, "other.gensr")).path

    /** The demo pack with a graph that makes vectors of texts, slowly. */
    val slow = existing(File(made, "slow.gensr")).path

    /** The demo pack without such a graph. */
    val older = existing(File(made, "older.gensr")).path

    /** The responses that the engine gives to Rust. */
    val golden = existing(File(made, "golden.json"))

    /** The hash that an app gets from its server. */
    fun sha256(path: String): String = MessageDigest.getInstance("SHA-256").digest(File(path).readBytes())
        .joinToString("") { "%02x".format(it) }

    private fun existing(file: File) = file.also { check(it.exists()) { "$it is missing: run scripts/test-kotlin" } }
}

/** A test that suspends. The time is a safety net: it ends a test that hangs, and nothing is measured by it. */
internal fun test(body: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(5.minutes) { body() } }

/** An engine on the demo pack, for as long as [body] runs. */
internal fun onDemo(options: EngineOptions = EngineOptions(), body: suspend CoroutineScope.(Engine) -> Unit): Unit =
    test { Engine.open(TestData.demo, options).use { body(it) } }

/** An engine on the endless pack, for as long as [body] runs. */
internal fun onEndless(body: suspend CoroutineScope.(Engine) -> Unit): Unit =
    test { Engine.open(TestData.endless).use { body(it) } }

/** Waits until this many native calls are inside. */
internal suspend fun Engine.awaitRunning(calls: Int) {
    while (diagnostics().callsRunning != calls) delay(1)
}

/** The event that was passed to `record`. */
internal val RecordedEvent.event: Event get() = Event(itemId, kind, timestampMs, query)

internal val Response.ids: List<String> get() = hits.map { it.id }
