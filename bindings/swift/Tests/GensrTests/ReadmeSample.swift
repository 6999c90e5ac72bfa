import Foundation
import Gensr

/// The samples of README.md, docs/typing.md and bindings/swift/README.md, between the marks. A test compares and runs them.
func readmeSample(pack: URL, folder: URL) async throws -> (found: Response, next: Response, alike: Response, history: [RecordedEvent]) {
    // README begins
    let engine = try await Engine.open(pack, profileDirectory: folder)
    let found = try await engine.search("light shell")
    for hit in found.hits { print(hit.id, hit.title) }
    try await engine.record(found.hits[0].id, kind: "view")
    let next = try await engine.recommend() // takes the view into account
    let alike = try await engine.similar(to: next.hits[0].id)
    // README ends
    return (found, next, alike, try await engine.history())
}

/// Those of bindings/swift/README.md.
func readmeSample(history engine: Engine, file: URL) async throws {
    // README begins
    let events = try await engine.history(limit: 50) // newest last; Identifiable, for a List
    try await engine.forget(.event(events[0].id)) // or .item(id), .query(text), .since(date)
    try await engine.exportHistory(to: file) // one line of JSON per event; importHistory(from:) adds missing events
    try await engine.setRecording(.incognito) // as if there were no user, until .on; .paused only records nothing
    try await engine.clearHistory()
    // README ends
}

/// Fractions of the progress bar.
func readmeSample(changing engine: Engine, ids: [String]) async throws -> [Double] {
    var bar: [Double] = []
    // README begins
    let shell = Upsert(id: "s1", title: "Rain Shell", text: "Waterproof, 190 g.", attributes: ["price": .number(129)])
    let job = try await engine.upsertItems([shell]) // stored, and found by its words
    for try await progress in job.runWithProgress() { // makes the vectors by which it is found by meaning; or job.run()
        bar.append(progress.fraction)
    }
    try await engine.removeItems(["g0042"]) // in no response from now on
    let items = try await engine.items(ids) // titles and attributes; nil for unknown ids
    // README ends
    _ = items
    return bar
}

/// The sample of docs/typing.md. Returns the hits after each answer.
func readmeSample(engine: Engine, text: String, brands: [String]) async throws -> [[Hit]] {
    var screens: [[Hit]] = []
    var hits: [Hit] = [] {
        didSet { screens.append(hits) }
    }
    // README begins
    let box = engine.typing() // for as long as the search box is on the screen

    let filter: Filter = "brand IN \(brands) AND price < \(250)"
    for try await response in box.responses(to: SearchRequest(text, filter: filter)) {
        hits = response.hits // first from words alone, then the full ranking
    }
    // README ends
    return screens
}
