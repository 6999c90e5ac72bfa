import Foundation
import Gensr

/// The sample of the README, between the two lines that say so. A test compares it with the README, and runs it.
func readmeSample(pack: URL, folder: URL) async throws -> (found: Answer, next: Answer, alike: Answer, history: [Event]) {
    // README begins
    let engine = try await Engine.open(pack, profileDirectory: folder)

    let found = try await engine.search("light shell")
    for hit in found.hits {
        print(hit.id, hit.title)
    }
    try await engine.record(found.hits[0].id, kind: "view")
    let next = try await engine.recommend() // follows what was recorded a moment ago
    let alike = try await engine.similar(to: next.hits[0].id)
    // README ends
    return (found, next, alike, try await engine.history())
}
