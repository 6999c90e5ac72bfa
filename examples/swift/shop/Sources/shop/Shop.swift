import Foundation
import Gensr

/// A shop app without a screen: search, look at something, get suggestions that follow it, forget it all.
///
///     scripts/swift run examples/swift/shop shop [PACK]     (default: models/demo/demo.gensr)
@main
struct Shop {
    static func main() async {
        let pack = CommandLine.arguments.dropFirst().first ?? "models/demo/demo.gensr"
        do {
            try await visit(pack)
        } catch {
            print("error: \(error)")
            exit(1)
        }
    }

    static func visit(_ pack: String) async throws {
        // No profile folder: the history lives in memory and ends with the engine. An app passes a private folder.
        let engine = try await Engine.open(.path(pack))
        defer { engine.close() }

        let found = try await engine.search(SearchRequest("light shell", limit: 5, attributes: ["price"]))
        show("search: light shell", found)

        for hit in found.hits.prefix(2) {
            try await engine.record(hit.id, kind: "view")
        }
        show("suggested after two views", try await engine.recommend(limit: 5))

        if let first = found.hits.first {
            show("like \(first.title)", try await engine.similar(to: first.id, limit: 5))
        }

        try await engine.clearHistory()
        print("events kept: \(try await engine.history().count)")
    }

    static func show(_ what: String, _ response: Response) {
        print(what)
        for hit in response.hits {
            let score = String(format: "%6.2f", hit.score)
            if case .number(let price)? = hit.attributes["price"] {
                print("  \(score)  \(hit.id)  \(hit.title), \(price)")
            } else {
                print("  \(score)  \(hit.id)  \(hit.title)")
            }
        }
        print()
    }
}
