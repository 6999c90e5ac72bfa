package io.github.gensr

import kotlinx.coroutines.runBlocking

/** Opens a pack where the native library is missing, twice: the second failure has another cause inside the machine. */
fun main(arguments: Array<String>): Unit = runBlocking {
    repeat(2) {
        try {
            Engine.open(arguments[0])
            println("opened")
        } catch (error: GensrException.Internal) {
            println("Internal: ${error.reason}")
        }
    }
}
