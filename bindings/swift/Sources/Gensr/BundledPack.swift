import Foundation

extension PackSource {
    /// A pack in the app: the resource `name.gensr` of a bundle.
    ///
    /// ```swift
    /// let engine = try await Engine.open(.bundled("shop"), options: EngineOptions(profileDirectory: folder))
    /// ```
    ///
    /// It is mapped, never copied. An app extension has a bundle of its own: use the app's by its URL, or a pack in the container of their app
    /// group. To choose between a bundled and an installed pack see ``newest(installed:bundled:)``.
    ///
    /// - Parameters:
    ///   - name: Name of the file, without its extension `gensr`.
    ///   - bundle: Where to look: the app, or `Bundle.module` of a package.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` where the bundle has no such file.
    public static func bundled(_ name: String, in bundle: Bundle = .main) throws(GensrError) -> PackSource {
        guard let pack = bundle.url(forResource: name, withExtension: "gensr") else {
            throw .invalidArgument(reason: "the bundle has no resource \(name).gensr: is it in \"Copy Bundle Resources\" of its target?")
        }
        return .file(pack)
    }
}

#if os(iOS) || os(tvOS) || os(visionOS)
/// A pack that the App Store delivers on demand: an On-Demand Resource.
///
/// ```swift
/// let pack = try await OnDemandPack.fetch("shop", tags: ["shop"])
/// let engine = try await Engine.open(pack.source, options: EngineOptions(profileDirectory: folder))
/// ```
///
/// The system does not purge the file while this exists. Keep it until ``Engine/open(_:options:)`` has returned: an open engine holds the
/// file by itself. Fetch at each start of the app; it is quick if the file is still there.
public final class OnDemandPack: @unchecked Sendable {
    /// The pack, for ``Engine/open(_:options:)``.
    public let source: PackSource

    /// Ends the access when released. Never called again, hence `@unchecked Sendable`.
    private let request: NSBundleResourceRequest

    private init(source: PackSource, request: NSBundleResourceRequest) {
        self.source = source
        self.request = request
    }

    /// Downloads the tagged resources unless they are present, and finds the pack.
    ///
    /// - Parameters:
    ///   - name: Name of the file, without its extension `gensr`.
    ///   - tags: Its tags, as Xcode has them under "Resource Tags".
    ///   - bundle: The app.
    /// - Throws: What `NSBundleResourceRequest.beginAccessingResources()` throws (no network, no room, an unknown tag), and as
    ///   ``PackSource/bundled(_:in:)``.
    public static func fetch(_ name: String, tags: Set<String>, in bundle: Bundle = .main) async throws -> OnDemandPack {
        let request = NSBundleResourceRequest(tags: tags, bundle: bundle)
        try await request.beginAccessingResources()
        return OnDemandPack(source: try .bundled(name, in: bundle), request: request)
    }
}
#endif
