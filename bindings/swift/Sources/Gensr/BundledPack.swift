import Foundation

extension PackSource {
    /// A pack that the app came with: the resource `name.gensr` of a bundle.
    ///
    /// ```swift
    /// let engine = try await Engine.open(.bundled("shop"), options: EngineOptions(profileDirectory: folder))
    /// ```
    ///
    /// It is mapped where it lies, never copied. The bundle of an app extension is its own: there, take the app's by its URL, or a pack in the
    /// container of their app group. For a bundled pack with newer ones that are installed there is ``newest(installed:bundled:)``.
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
/// A pack that the App Store keeps, and delivers when the app asks for it: an On-Demand Resource.
///
/// ```swift
/// let pack = try await OnDemandPack.fetch("shop", tags: ["shop"])
/// let engine = try await Engine.open(pack.source, options: EngineOptions(profileDirectory: folder))
/// ```
///
/// The system does not purge the file while this lives. Keep it until ``Engine/open(_:options:)`` has returned: an open engine holds the file by
/// itself. Each start of the app fetches anew, which is quick where the file is still there.
public final class OnDemandPack: @unchecked Sendable {
    /// What to open.
    public let source: PackSource

    /// Ends the access when it goes. Nobody calls it from here on, which is what makes this class `Sendable`.
    private let request: NSBundleResourceRequest

    private init(source: PackSource, request: NSBundleResourceRequest) {
        self.source = source
        self.request = request
    }

    /// Downloads what is tagged, unless it is there, and finds the pack.
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
