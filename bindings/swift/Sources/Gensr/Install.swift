import Foundation
internal import GensrBindings

extension Engine {
    /// Replaces the open pack while calls go on: each uses either the old pack or the new one.
    ///
    /// ```swift
    /// let installed = try await engine.install(InstallRequest(pack: downloaded, sha256: expected))
    /// print("\(installed.events) events, \(installed.dormant) of them of items that are gone")
    /// ```
    ///
    /// The pack is copied, its hash compared, opened and tried; then it replaces the file and the open pack. The recorded history is matched
    /// to the new items by id; events on items that the new pack does not have are kept, dormant. There must be disk space for both files.
    /// After an error nothing has changed.
    ///
    /// - Throws: ``GensrError/badPack(reason:)`` for another hash, and for what is not a pack that works;
    ///   ``GensrError/incompatible(found:supported:)`` for one of a newer version; ``GensrError/invalidArgument(reason:)`` for a file that is
    ///   not there, a hash that is not 64 hex digits, or where a destination is needed; ``GensrError/cancelled`` when nothing was changed;
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)``.
    @discardableResult
    public func install(_ request: InstallRequest) async throws(GensrError) -> Installed {
        // On the queue that opens engines: it takes as long, and searches must not wait for it.
        try await Self.opening.run { [native] cancellation in
            Installed(try native.install(request: request.lowered(), cancel: cancellation.token))
        }
    }
}

/// A pack to install.
public struct InstallRequest: Sendable, Hashable {
    /// The downloaded pack. It is copied, so it may be deleted afterwards.
    public var pack: URL

    /// SHA-256 of the whole file, 64 hex digits, from a trusted source such as the app's own server: it is the only proof that the pack is
    /// genuine.
    public var sha256: String

    /// Where to put the pack; `nil` replaces the file that the engine was opened from, or that was installed last. Required if that cannot be
    /// written, as in the bundle of an app, or is a part of another file. At the next start see
    /// ``PackSource/newest(installed:bundled:)``.
    public var destination: URL?

    /// A pack to install.
    public init(pack: URL, sha256: String, destination: URL? = nil) {
        self.pack = pack
        self.sha256 = sha256
        self.destination = destination
    }
}

/// Result of an installation.
public struct Installed: Sendable, Hashable {
    /// Id of the pack that was replaced, as in ``Diagnostics/packID``.
    public let previousPackID: String

    /// Id of the pack in use now; the same where it was installed already.
    public let packID: String

    /// Recorded events that the engine reads.
    public let events: Int

    /// Those of them whose items are not in the new pack. They are kept.
    public let dormant: Int

    /// Events that became dormant.
    public let deactivated: Int

    /// Events that are no longer dormant.
    public let reactivated: Int
}
