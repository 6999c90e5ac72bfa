import Foundation
import Gensr

/// The samples of the README, between the lines that say so. A test compares them with the README, and runs them.
func readmeSample(pack: URL, folder: URL) async throws -> (found: Answer, next: Answer, alike: Answer, history: [RecordedEvent]) {
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

/// What is on the screen after each answer.
func readmeSample(engine: Engine, text: String, brands: [String]) async throws -> [[Hit]] {
    var screens: [[Hit]] = []
    var hits: [Hit] = [] {
        didSet { screens.append(hits) }
    }
    // README begins
    let box = engine.typing() // for as long as the search box is on the screen

    let filter: Filter = "brand IN \(brands) AND price < \(250)"
    for try await answer in box.answers(to: SearchRequest(text, filter: filter)) {
        hits = answer.hits // at once from words, then the whole ranking
    }
    // README ends
    return screens
}
