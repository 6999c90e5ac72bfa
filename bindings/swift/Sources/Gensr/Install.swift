import Foundation
internal import GensrBindings

extension Engine {
    /// Puts another pack in the place of the open one, while calls go on: each is answered wholly from the old pack or wholly from the new.
    ///
    /// ```swift
    /// let installed = try await engine.install(InstallRequest(pack: downloaded, sha256: expected))
    /// print("\(installed.events) events, \(installed.dormant) of them of items that are gone")
    /// ```
    ///
    /// The pack is copied, its hash compared, opened and tried; then it takes the place of the file, and of the open pack. The recorded
    /// history is read anew by item id: events of items that the new pack does not know sleep until a pack knows them. There must be room
    /// for both files. After an error everything is as it was.
    ///
    /// - Throws: ``GensrError/badPack(reason:)`` for another hash, and for what is not a pack that works;
    ///   ``GensrError/incompatible(found:supported:)`` for one of a newer version; ``GensrError/invalidArgument(reason:)`` for a file that is
    ///   not there, a hash that is not 64 hex digits, or where a destination is needed; ``GensrError/cancelled`` when nothing was changed;
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)``.
    @discardableResult
    public func install(_ request: InstallRequest) async throws(GensrError) -> Installed {
        // Where engines are opened: it takes as long, and searches must not wait for it.
        try await Self.opening.run { [native] cancellation in
            Installed(try native.install(request: request.lowered(), cancel: cancellation.token))
        }
    }
}

/// A pack to install.
public struct InstallRequest: Sendable, Hashable {
    /// The new pack, as it was downloaded. It is copied, so it may be deleted afterwards.
    public var pack: URL

    /// SHA-256 of the whole file, 64 hex digits, from somebody the app trusts, such as its own server: nothing else says that the pack is
    /// genuine.
    public var sha256: String

    /// Where the pack is to be; `nil` is over the file that the engine was opened from, or that was installed last. Needed where that
    /// cannot be written, as in the bundle of an app, or is a part of another file. At the next start see
    /// ``PackSource/newest(installed:bundled:)``.
    public var destination: URL?

    /// A pack to install.
    public init(pack: URL, sha256: String, destination: URL? = nil) {
        self.pack = pack
        self.sha256 = sha256
        self.destination = destination
    }
}

/// What an installation changed.
public struct Installed: Sendable, Hashable {
    /// Id of the pack that was replaced, as in ``Diagnostics/packID``.
    public let previousPackID: String

    /// Id of the pack that answers now; the same where it was there already.
    public let packID: String

    /// Recorded events that the engine reads.
    public let events: Int

    /// Those of them whose items the new pack does not know. They are kept.
    public let dormant: Int

    /// Events that are dormant now and were not.
    public let fellAsleep: Int

    /// Events that were dormant and are not any more.
    public let woke: Int
}
