import Foundation
import Gensr

#if canImport(SwiftUI)
import SwiftUI
#endif

// The samples of docs/ios.md, between the lines that say so. A test compares them with the document.

func phoneSample() async throws {
    // README begins
    let options = EngineOptions(profileDirectory: try Engine.profileDirectory())
    let engine = try await Engine.open(.bundled("shop"), options: options)
    engine.trimWithApplication() // gives memory back when the app leaves the screen

    let found = try await engine.search("light shell")
    try await engine.record(found.hits[0].id, kind: "view")
    let next = try await engine.recommend() // follows what was recorded a moment ago
    // README ends
    _ = next
}

func phoneSample(installing downloaded: URL, _ expected: String, bundle: Bundle, support: URL?) async throws -> Installed {
    func bundled() throws -> PackSource { try .bundled("shop", in: bundle) }
    // README begins
    let installed = try Engine.profileDirectory(named: "packs", in: support).appending(path: "shop.gensr")
    let engine = try await Engine.open(PackSource.newest(installed: installed, bundled: bundled()))
    // … later, when a newer pack was downloaded:
    let request = InstallRequest(pack: downloaded, sha256: expected, destination: installed)
    let changed = try await engine.install(request)
    // README ends
    return changed
}

#if os(iOS) || os(tvOS) || os(visionOS)
func phoneSample(onDemand options: EngineOptions) async throws {
    // README begins
    let pack = try await OnDemandPack.fetch("shop", tags: ["shop"]) // downloads it, unless it is there
    let engine = try await Engine.open(pack.source, options: options)
    // README ends
    engine.close()
}
#endif

#if canImport(SwiftUI)
enum PhoneSamples {
    // README begins
    struct SearchScreen: View {
        let engine: Engine
        let box: Typing // one for each search box: engine.typing()
        @State private var text = ""
        @State private var hits: [Hit] = []

        var body: some View {
            List(hits) { hit in Text(hit.title) }
                .searchable(text: $text)
                .task(id: text) {
                    do {
                        for try await response in box.responses(to: text) { hits = response.hits }
                    } catch {
                        print("search: \(error)")
                    }
                }
        }
    }
    // README ends
}
#endif
