import Foundation
internal import GensrBindings

/// Location of a pack: a file, or a part of an open one.
///
/// The engine maps the file and does not write to it. It must not change while an engine is open: ``Engine/install(_:)`` replaces it.
public struct PackSource: Sendable {
    enum Place: Sendable {
        case path(String)
        case url(URL)
        /// `owner` keeps the descriptor open until the pack is.
        case descriptor(fd: Int32, offset: Int64, length: Int64?, owner: FileHandle?)
    }

    let place: Place

    /// A file, by its URL.
    ///
    /// ```swift
    /// let pack = Bundle.main.url(forResource: "shop", withExtension: "gensr")!
    /// let engine = try await Engine.open(.file(pack))
    /// ```
    public static func file(_ url: URL) -> PackSource {
        PackSource(place: .url(url))
    }

    /// A file, by its path.
    ///
    /// ```swift
    /// let engine = try await Engine.open(.path("models/demo/demo.gensr"))
    /// ```
    public static func path(_ path: String) -> PackSource {
        PackSource(place: .path(path))
    }

    /// A part of an open file.
    ///
    /// ```swift
    /// let engine = try await Engine.open(.descriptor(fd, offset: 4096, length: 1_769_728))
    /// ```
    ///
    /// - Parameters:
    ///   - fd: An open, readable descriptor. It is duplicated, so it may be closed once `open` has returned.
    ///   - offset: First byte of the pack.
    ///   - length: Its length in bytes; `nil` is to the end of the file.
    public static func descriptor(_ fd: Int32, offset: Int64 = 0, length: Int64? = nil) -> PackSource {
        PackSource(place: .descriptor(fd: fd, offset: offset, length: length, owner: nil))
    }

    /// A part of an open file, by its handle.
    ///
    /// ```swift
    /// let assets = try FileHandle(forReadingFrom: url)
    /// let engine = try await Engine.open(.handle(assets, offset: 4096, length: 1_769_728))
    /// ```
    ///
    /// - Parameters:
    ///   - handle: Open for reading. It is kept until the pack is open; do not close it before.
    ///   - offset: First byte of the pack; the handle's own position is neither used nor changed.
    ///   - length: Its length in bytes; `nil` is to the end of the file.
    public static func handle(_ handle: FileHandle, offset: Int64 = 0, length: Int64? = nil) -> PackSource {
        PackSource(place: .descriptor(fd: handle.fileDescriptor, offset: offset, length: length, owner: handle))
    }

    /// The pack to open when an app starts that has a bundled pack and installs newer ones: the installed pack, unless it is missing, cannot
    /// be opened, or is older than the bundled one.
    ///
    /// ```swift
    /// let source = try await PackSource.newest(installed: installed, bundled: .file(bundled))
    /// let engine = try await Engine.open(source, options: EngineOptions(profileDirectory: folder))
    /// ```
    ///
    /// - Parameters:
    ///   - installed: The ``InstallRequest/destination``; the file may be missing.
    ///   - bundled: The pack in the app.
    /// - Throws: As ``Engine/open(_:options:)``, for the bundled pack only.
    public static func newest(installed: URL, bundled: PackSource) async throws(GensrError) -> PackSource {
        try await Engine.opening.run { _ in
            let native = try bundled.lowered()
            let newest = try newestPack(installed: try installed.pathOfFile("installed"), bundled: native)
            return newest == native ? bundled : .file(installed)
        }
    }
}
