package io.github.gensr

import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import java.util.concurrent.TimeUnit

/** A whole app for a virtual machine of its own: opens the packs, twice, and prints how that went. */
fun main(packs: Array<String>): Unit = runBlocking {
    val (demo, endless) = packs
    repeat(2) {
        try {
            Engine.open(demo).use { engine ->
                val hits = engine.search(SearchRequest("tent") { attributes("brand") }).hits
                engine.record(hits.first().id, "view")
                println("${hits.size} hits, ${hits.count { "brand" in it.attributes }} brands, ${engine.history().size} event")
                try {
                    engine.search("tent", limit = 0)
                } catch (refused: GensrException.InvalidArgument) {
                    println(refused.reason)
                }
            }
            Engine.open(endless).use { engine ->
                val call = launch { engine.recommend() }
                while (engine.diagnostics().callsRunning == 0) Thread.onSpinWait()
                call.cancelAndJoin()
                println("${engine.diagnostics().callsRunning} calls are running")
            }
        } catch (error: GensrException.Internal) {
            println("Internal: ${error.reason}")
        }
    }
}

internal object SmallApp {
    /** Output of each round if all is well. */
    val wanted = listOf("10 hits, 10 brands, 1 event", "limit is 0; it must be 1 to 1000", "0 calls are running")

    /** Runs the app, and returns its output on both streams. */
    fun run(classPath: String, libraryFolder: String = System.getProperty("jna.library.path")): List<String> {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val process = ProcessBuilder(
            java, "-Djna.library.path=$libraryFolder", "-cp", classPath, "io.github.gensr.SmallAppKt",
            TestData.demo, TestData.endless,
        ).redirectErrorStream(true).start()
        val output = process.inputStream.bufferedReader().readLines()
        check(process.waitFor(1, TimeUnit.MINUTES))
        return output
    }
}
