package io.github.gensr.android

import android.content.ComponentCallbacks
import android.content.Context
import android.content.ContextWrapper
import android.content.res.AssetFileDescriptor
import android.content.res.AssetManager
import android.os.ParcelFileDescriptor
import com.sun.jna.Library
import com.sun.jna.Native
import org.mockito.Mockito.doAnswer
import org.mockito.Mockito.doReturn
import org.mockito.Mockito.mock
import java.io.File
import java.io.FileNotFoundException
import java.io.InputStream

internal val root: File = File(System.getProperty("gensr.root")).canonicalFile

/** The demo pack. */
internal val demo = File(root, "models/demo/demo.gensr").also { check(it.exists()) }

/** The demo pack with other ids: it came after the app did. */
internal val other = File(root, "target/testdata/bindings/other.gensr")
    .also { check(it.exists()) { "$it is missing: run scripts/test-android" } }

/**
 * What the entry points ask of a device, over real files and real descriptors: an APK in which assets lie uncompressed one
 * after the other, and one asset that is compressed. The classes of the system are mocks, because theirs are native.
 */
internal class Device(private val folder: File) : ContextWrapper(null), AutoCloseable {
    private val apk = File(folder, "base.apk")
    private val stored = mutableMapOf<String, LongRange>()
    private val compressed = mutableSetOf<String>()
    private val opened = mutableListOf<Int>()

    /** Descriptors that were handed out and not closed. */
    val open: List<Int> get() = opened

    /** Who is told when memory is short. */
    val callbacks = mutableListOf<ComponentCallbacks>()

    /** Threads that have asked for a file. */
    val threads = mutableSetOf<Thread>()

    fun store(name: String, content: File) {
        if (!apk.exists()) apk.writeBytes(ByteArray(4096) { 7 })
        val start = apk.length()
        apk.appendBytes(content.readBytes() + ByteArray(37) { 9 })
        stored[name] = start until start + content.length()
    }

    fun compress(name: String) {
        compressed += name
    }

    override fun getApplicationContext(): Context = this

    override fun getNoBackupFilesDir(): File {
        threads += Thread.currentThread()
        return File(folder, "no_backup").also { it.mkdirs() }
    }

    override fun registerComponentCallbacks(callback: ComponentCallbacks) {
        callbacks += callback
    }

    override fun unregisterComponentCallbacks(callback: ComponentCallbacks) {
        callbacks -= callback
    }

    private val manager = mock(AssetManager::class.java).also { manager ->
        doAnswer { call -> descriptor(call.getArgument(0)) }.`when`(manager).openFd(org.mockito.ArgumentMatchers.anyString())
        doAnswer { call -> stream(call.getArgument(0)) }.`when`(manager).open(org.mockito.ArgumentMatchers.anyString())
    }

    override fun getAssets(): AssetManager = manager

    fun descriptor(name: String): AssetFileDescriptor {
        threads += Thread.currentThread()
        val part = stored[name] ?: throw FileNotFoundException("This file can not be opened as a file descriptor; it is probably compressed")
        return descriptor(apk, part.first, part.last - part.first + 1)
    }

    fun descriptor(file: File, offset: Long, length: Long): AssetFileDescriptor {
        val fd = libc.open(file.path, 0).also { check(it >= 0) }
        opened += fd
        val parcel = mock(ParcelFileDescriptor::class.java)
        doReturn(fd).`when`(parcel).fd
        val descriptor = mock(AssetFileDescriptor::class.java)
        doReturn(parcel).`when`(descriptor).parcelFileDescriptor
        doReturn(offset).`when`(descriptor).startOffset
        doReturn(length).`when`(descriptor).length
        doAnswer {
            opened -= fd
            libc.close(fd)
            null
        }.`when`(descriptor).close()
        return descriptor
    }

    private fun stream(name: String): InputStream =
        if (name in stored || name in compressed) InputStream.nullInputStream() else throw FileNotFoundException(name)

    override fun close() {
        opened.forEach(libc::close)
    }

    @Suppress("FunctionName")
    private interface LibC : Library {
        fun open(path: String, flags: Int): Int
        fun close(fd: Int): Int
    }

    private companion object {
        val libc: LibC = Native.load("c", LibC::class.java)
    }
}
