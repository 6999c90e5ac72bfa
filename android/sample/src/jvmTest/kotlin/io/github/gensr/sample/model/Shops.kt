package io.github.gensr.sample.model

import io.github.gensr.Engine
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.io.File
import kotlin.time.Duration.Companion.minutes

internal val root: File = File(System.getProperty("gensr.root")).canonicalFile

internal val demo = existing("models/demo/demo.gensr")

/** The demo pack with a decoder that never ends: answers from words come, rankings run until they are stopped. */
internal val endless = existing("target/testdata/bindings/endless.gensr")

/** The demo pack as if a later version had written it. */
internal val newer = existing("target/testdata/bindings/newer.gensr")

private fun existing(path: String) = File(root, path).also { check(it.exists()) { "$it is missing: run scripts/test-android" } }

/**
 * A shop over the real engine. The models' delays are in virtual time, the engine's calls on threads of their own; the timeout
 * is a safety net.
 */
internal fun onShop(pack: File = demo, body: suspend TestScope.(Shop) -> Unit): Unit = runTest(timeout = 5.minutes) {
    Engine.open(pack.path).use { engine -> body(Shop(engine, backgroundScope)) }
}

/** Waits, in real time, for a state. */
internal suspend fun <T> StateFlow<T>.await(holds: (T) -> Boolean): T =
    withContext(Dispatchers.Default) { first(holds) }

/** Waits until this many native calls are inside. */
internal suspend fun Shop.awaitRunning(calls: Int): Unit = withContext(Dispatchers.Default) {
    while (engine.diagnostics().callsRunning != calls) delay(1)
}
