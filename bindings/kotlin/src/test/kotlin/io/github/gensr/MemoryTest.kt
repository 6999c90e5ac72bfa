package io.github.gensr

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import java.io.File

class MemoryTest {
    private val status = File("/proc/self/status")
    private val maps = File("/proc/self/maps")

    /**
     * Kilobytes that one cycle may cost. Measured on x86-64 Linux: 0 to 5 once the virtual machine has compiled what runs
     * (its own jumps of up to 12,000 in all are 15 a cycle); an engine that is not closed, with its two sessions, costs 2,560.
     */
    private val bound = 40

    @Test
    fun `a thousand engines that are closed leave nothing`() = test {
        assumeTrue(status.canRead(), "memory is not measured: this system has no /proc/self/status")
        val warm = 200
        val cycles = 1_000
        repeat(warm) { cycle().close() }
        val before = anonymousKilobytes()
        repeat(cycles - warm) { cycle().close() }
        val slope = (anonymousKilobytes() - before) / (cycles - warm)
        println("memory: $slope kB for each of ${cycles - warm} engines")
        assertTrue(slope <= bound, "$slope kB for each engine that was opened and closed; $bound are allowed")
        assertEquals(emptyList<String>(), mapped(), "no pack is mapped any longer")
    }

    @Test
    fun `the measure would see a leak`() = test {
        assumeTrue(status.canRead(), "memory is not measured: this system has no /proc/self/status")
        cycle().close()
        val before = anonymousKilobytes()
        val kept = List(50) { cycle() }
        val slope = (anonymousKilobytes() - before) / kept.size
        assertTrue(slope > 10 * bound, "$slope kB for each engine that is kept open")
        assertTrue(mapped().isNotEmpty())
        kept.forEach { it.close() }
    }

    private suspend fun cycle(): Engine = Engine.open(TestData.demo).also { it.search("tent") }

    /** Resident memory that is no file's. The heap is of a fixed size and resident from the start (pom.xml). */
    private fun anonymousKilobytes(): Long {
        System.gc()
        return status.readLines().first { it.startsWith("RssAnon:") }.filter { it.isDigit() }.toLong()
    }

    private fun mapped() = maps.readLines().filter { it.endsWith("/demo.gensr") }
}
