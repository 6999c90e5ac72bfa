package io.github.gensr

import java.io.File

/**
 * How an engine runs. The defaults suit phones, but for the profile: without a folder the history ends with the engine.
 *
 * @property profileDirectory Folder of the user's history, made where it is missing. One engine at a time has it open, so
 *   give each user, and each process, one of its own. On Android a folder in `context.noBackupFilesDir` keeps the history
 *   out of backups. `null`: the history is in memory only.
 * @property threads Threads inside one operator of a graph, 1 to 64. The graphs are small: more than one rarely pays.
 * @property onnxruntimePath Path of ONNX Runtime's shared library. `null`: the environment variable `ORT_DYLIB_PATH`, else
 *   the platform's usual name, which is right on Android with the library in the app. The first engine of a process
 *   decides for all.
 */
public data class EngineOptions @JvmOverloads constructor(
    public val profileDirectory: File? = null,
    public val threads: Int = 1,
    public val onnxruntimePath: String? = null,
)
