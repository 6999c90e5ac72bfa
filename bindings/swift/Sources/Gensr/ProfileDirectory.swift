import Foundation

extension Engine {
    /// Makes the folder of a user's history where such a folder belongs on a phone, and answers where it is: in Application Support, out of
    /// backups, and readable in the background once the user has unlocked the phone after a start.
    ///
    /// ```swift
    /// let engine = try await Engine.open(pack, profileDirectory: Engine.profileDirectory())
    /// ```
    ///
    /// Call it at each start: it makes sure of the same things again, as a folder that was restored or moved has lost them. Files that are
    /// in the folder already keep their protection. Backups and file protection are Apple's; on Linux the folder is made and no more.
    ///
    /// - Parameters:
    ///   - name: Name of the folder; several profiles have several.
    ///   - parent: Where it is; `nil` is Application Support. The container of an app group shares it with extensions, one at a time.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for a name that is none, ``GensrError/internal(reason:)`` where the folder cannot be made.
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
        // What is made in the folder from now on has its class.
        try FileManager.default.setAttributes(
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication], ofItemAtPath: folder.path(percentEncoded: false))
        #endif
    }
}
