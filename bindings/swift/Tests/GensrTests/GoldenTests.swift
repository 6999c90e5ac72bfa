import Foundation
import Gensr
import Testing

extension AllTests {
    /// The same answers as the engine gives when Rust asks (bindings/ffi/examples/testdata.rs writes them down).
    @Suite(.testdata, .demo) struct GoldenTests {
        @Test func answersAreThoseOfTheEngine() async throws {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let golden = try decoder.decode(Golden.self, from: Data(contentsOf: Fixture.golden))
            try #require(golden.answers.count > 20)

            let engine = try await Engine.open(Fixture.demo)
            #expect(try await engine.diagnostics().packID == golden.packId)
            for expected in golden.answers {
                let answer = try await golden.ask(engine, expected)
                golden.compare(answer.hits, expected)
            }
        }
    }
}

private struct Golden: Decodable {
    let packId: String
    let margin: Float
    let limit: Int
    let nowMs: Int64
    let attributes: [String]
    let answers: [Expected]

    struct Expected: Decodable, CustomStringConvertible {
        let task: String
        let about: String?
        let history: [Past]
        let hits: [ExpectedHit]

        var description: String { "\(task) \(about ?? ""), \(history.count) events" }
    }

    struct Past: Decodable {
        let itemId: String
        let kind: String
        let timestampMs: Int64?
        let query: String?
    }

    struct ExpectedHit: Decodable {
        let id: String
        let title: String
        let score: Float
        let attributes: [String: Plain]
    }

    /// An attribute without its type, as JSON has it.
    enum Plain: Decodable, Equatable {
        case text(String), texts([String]), number(Float)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let texts = try? value.decode([String].self) {
                self = .texts(texts)
            } else {
                self = .number(try value.decode(Float.self))
            }
        }

        init?(_ value: AttributeValue) {
            switch value {
            case .text(let text): self = .text(text)
            case .set(let texts): self = .texts(texts)
            case .number(let number): self = .number(number)
            case .date(let epochDay): self = .number(Float(epochDay))
            case .flag: return nil
            }
        }
    }

    func ask(_ engine: Engine, _ expected: Expected) async throws -> Answer {
        let history = History.events(
            expected.history.map {
                Event(itemID: $0.itemId, kind: $0.kind, timestampMs: $0.timestampMs, query: $0.query)
            })
        switch expected.task {
        case "search":
            let query = try #require(expected.about)
            return try await engine.search(
                SearchRequest(query, limit: limit, history: history, attributes: attributes, nowMs: nowMs))
        case "recommend":
            return try await engine.recommend(
                RecommendRequest(limit: limit, history: history, attributes: attributes, nowMs: nowMs))
        default:
            let item = try #require(expected.about)
            return try await engine.similar(SimilarRequest(to: item, limit: limit, attributes: attributes))
        }
    }

    /// Scores of each rank agree within the margin; so items can only change places with others of nearly the same score, and only such
    /// ones can have come in at the end.
    func compare(_ hits: [Hit], _ expected: Expected) {
        #expect(hits.count == expected.hits.count, "\(expected)")
        let known = Dictionary(uniqueKeysWithValues: expected.hits.map { ($0.id, $0) })
        for (hit, there) in zip(hits, expected.hits) {
            #expect(near(hit.score, there.score), "\(expected)")
            guard let same = known[hit.id] else {
                #expect(near(hit.score, expected.hits[expected.hits.count - 1].score), "\(expected): \(hit.id) is new")
                continue
            }
            #expect(near(hit.score, same.score), "\(expected): \(hit.id)")
            #expect(hit.title == same.title)
            #expect(hit.attributes.compactMapValues(Plain.init) == same.attributes)
            if case .date? = hit.attributes["released"] {} else { Issue.record("a day is a date: \(hit)") }
        }
    }

    private func near(_ a: Float, _ b: Float) -> Bool {
        abs(a - b) <= margin * max(1, abs(b))
    }
}
