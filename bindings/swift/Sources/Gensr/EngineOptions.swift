import Foundation

/// Options of an engine. The defaults suit phones.
public struct EngineOptions: Sendable, Hashable {
    /// Folder of the user's history, created if missing; `nil` keeps the history in memory only. Only one engine at a time can open it, and
    /// nothing is written outside it.
    ///
    /// On iOS take ``Engine/profileDirectory(named:in:)``: a folder of its own in Application Support (Caches may be purged), out of backups,
    /// and protected so that the app can also read it in the background, once the user has unlocked the phone after a start. Equivalent to:
    ///
    /// ```swift
    /// var folder = URL.applicationSupportDirectory.appending(path: "gensr", directoryHint: .isDirectory)
    /// try FileManager.default.createDirectory(
    ///     at: folder, withIntermediateDirectories: true,
    ///     attributes: [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication])
    /// var values = URLResourceValues()
    /// values.isExcludedFromBackup = true
    /// try folder.setResourceValues(values)
    /// ```
    public var profileDirectory: URL?

    /// Threads inside one operator, 1 to 64. The graphs are small: more than one rarely pays.
    public var threads: Int

    /// Path of ONNX Runtime's shared library; `nil`: the environment variable `ORT_DYLIB_PATH`, else the platform's usual name. The first
    /// engine of a process decides for all. Where ONNX Runtime is linked into the app, it is not looked at.
    public var onnxruntimePath: String?

    /// Events to keep, 1 to 100,000; `nil` is 100,000. The oldest are erased for new ones, a sixteenth at a time.
    public var maxEvents: Int?

    /// Age at which events are erased, in whole days, 1 to 36,500: `.seconds(365 * 86_400)`; `nil` is never.
    public var maxAge: Duration?

    /// Encrypts the history at rest, where the library was built with encryption; without that a key is refused. A profile that is not
    /// encrypted yet becomes so when it is opened with a key. `nil` leaves it plain.
    public var key: ProfileKey?

    /// Execution provider of the graphs. One that this ONNX Runtime does not have is refused.
    public var provider: ExecutionProvider

    /// Options; omitted ones have their defaults.
    public init(
        profileDirectory: URL? = nil, threads: Int = 1, onnxruntimePath: String? = nil, maxEvents: Int? = nil, maxAge: Duration? = nil,
        key: ProfileKey? = nil, provider: ExecutionProvider = .cpu
    ) {
        self.profileDirectory = profileDirectory
        self.threads = threads
        self.onnxruntimePath = onnxruntimePath
        self.maxEvents = maxEvents
        self.maxAge = maxAge
        self.key = key
        self.provider = provider
    }
}
