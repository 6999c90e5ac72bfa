import Foundation

extension Engine {
    /// Creates the folder of a user's history in its place on a phone, and returns it: in Application Support, excluded from backups, and
    /// readable in the background once the user has unlocked the phone after a start.
    ///
    /// ```swift
    /// let engine = try await Engine.open(pack, profileDirectory: Engine.profileDirectory())
    /// ```
    ///
    /// Call it at each start, as a folder that was restored or moved has lost these attributes. Existing files keep their protection. On
    /// Linux, without backups and file protection, it only creates the folder.
    ///
    /// - Parameters:
    ///   - name: Name of the folder, one for each profile.
    ///   - parent: Its parent; `nil` is Application Support. In the container of an app group extensions can open it, one process at a time.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for an invalid name, ``GensrError/internal(reason:)`` if the folder cannot be created.
    public static func profileDirectory(named name: String = "gensr", in parent: URL? = nil) throws(GensrError) -> URL {
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.contains("\0") else {
            throw .invalidArgument(reason: "the name of a profile's folder is not empty, begins with no dot, and has no slash")
        }
        do {
            let support = try parent ?? FileManager.default.url(
                for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: false)
            var folder = support.appending(path: name, directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try keepPrivate(&folder)
            return folder
        } catch {
            let cause = error as NSError
            throw .internal(reason: "the profile's folder cannot be made (\(cause.domain) \(cause.code))")
        }
    }

    private static func keepPrivate(_ folder: inout URL) throws {
        #if canImport(Darwin)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
        #endif
        #if os(iOS) || os(tvOS) || os(watchOS) || os(visionOS)
        // New files in the folder inherit its class.
        try FileManager.default.setAttributes(
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication], ofItemAtPath: folder.path(percentEncoded: false))
        #endif
    }
}
