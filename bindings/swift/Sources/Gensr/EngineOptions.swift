import Foundation

/// How an engine runs. The defaults suit phones.
public struct EngineOptions: Sendable, Hashable {
    /// Folder of the user's history, made where it is missing; `nil`: the history ends with the engine. One engine at a time has it
    /// open, and nothing is written outside it.
    ///
    /// On iOS take ``Engine/profileDirectory(named:in:)``: a folder of its own in Application Support (Caches may be purged), out of backups,
    /// and protected so that the app can also read it in the background, once the user has unlocked the phone after a start. That is:
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

    /// Most events that are kept, 1 to 100,000; `nil` is 100,000. The oldest are erased for new ones, a sixteenth at a time.
    public var maxEvents: Int?

    /// Days after which events are erased, 1 to 36,500; `nil` is never.
    public var maxAgeDays: Int?

    /// Encrypts the history at rest, where the library was built with encryption; without that a key is refused. A profile that is not
    /// encrypted yet becomes so when it is opened with a key. `nil` leaves it plain.
    public var key: ProfileKey?

    /// What graphs run on beside the processor. One that this ONNX Runtime does not have is refused.
    public var accelerator: Accelerator

    /// Options; what is left out has its default.
    public init(
        profileDirectory: URL? = nil, threads: Int = 1, onnxruntimePath: String? = nil, maxEvents: Int? = nil, maxAgeDays: Int? = nil,
        key: ProfileKey? = nil, accelerator: Accelerator = .cpu
    ) {
        self.profileDirectory = profileDirectory
        self.threads = threads
        self.onnxruntimePath = onnxruntimePath
        self.maxEvents = maxEvents
        self.maxAgeDays = maxAgeDays
        self.key = key
        self.accelerator = accelerator
    }
}
