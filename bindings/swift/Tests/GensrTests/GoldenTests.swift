import Foundation
import Gensr
import Testing

extension AllTests {
    /// The same responses as in Rust, written by bindings/ffi/examples/testdata.rs.
    @Suite(.testdata, .demo) struct GoldenTests {
        @Test func responsesAreThoseOfTheEngine() async throws {
            let golden = try Golden.read()
            try #require(golden.responses.count > 40)
            let engine = try await Engine.open(Fixture.demo)
            #expect(try await engine.diagnostics().packID == golden.packId)
            for expected in golden.responses {
                let response = try await golden.ask(engine, expected)
                golden.compare(response.hits, expected.hits, "\(expected)")
                #expect(response.hits.allSatisfy { if case .date? = $0.attributes["released"] { true } else { false } })
                #expect(response.totalHits == expected.totalHits, "\(expected)")
                #expect(response.facets.map(Golden.ExpectedFacet.init) == expected.facets, "\(expected)")
            }
        }

        @Test func firstResponsesAreThoseOfTheEngine() async throws {
            let golden = try Golden.read()
            try #require(!golden.keystrokes.isEmpty)
            let box = try await Engine.open(Fixture.demo).typing()
            for expected in golden.keystrokes {
                var responses = box.responses(to: SearchRequest(expected.text, limit: golden.limit, history: .empty)).makeAsyncIterator()
                let first = try #require(try await responses.next())
                #expect(first.isRanked == expected.hits.isEmpty, "without hits it is left out")
                if !first.isRanked { golden.compare(first.hits, expected.hits, expected.text) }
            }
        }

        @Test func completionsAreThoseOfTheEngine() async throws {
            let golden = try Golden.read()
            try #require(!golden.completions.isEmpty)
            let engine = try await Engine.open(Fixture.demo)
            for (place, query) in golden.own.enumerated() {
                try await engine.record(Event(itemID: "g000\(place + 1)", kind: "search", timestamp: Date(ms: golden.nowMs), query: query))
            }
            for expected in golden.completions {
                let found = try await engine.complete(expected.typed, limit: golden.limit)
                #expect(found.map(Golden.ExpectedCompletion.init) == expected.completions, "\(expected.typed)")
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
    let facets: [String]
    let responses: [Expected]
    let keystrokes: [Keystroke]
    let own: [String]
    let completions: [Completed]

    struct Expected: Decodable, CustomStringConvertible {
        let task: String
        let about: String
        let history: [Past]
        let options: Options
        let totalHits: Int
        let facets: [ExpectedFacet]
        let hits: [ExpectedHit]

        var description: String { "\(task) \(about), \(history.count) events, \(options)" }
    }

    struct Past: Decodable {
        let itemId: String
        let kind: String
        let timestampMs: Int64
        let query: String?
    }

    /// Options of a request; missing ones have their defaults.
    struct Options: Decodable {
        let offset: Int?
        let filter: String?
        let facets: Bool?
        let personalisation: Float?
        let leaveOut: [String]?
        let seeds: [String]?
        let intent: String?
        let boost: Boost?
        let freshness: Freshness?
        let diversity: Float?
        let caps: [Cap]?
        let exploration: Exploration?
        let explainHistory: Bool?

        struct Boost: Decodable { let attribute: String, value: String, weight: Float }
        struct Freshness: Decodable { let attribute: String, halfLifeDays: Double, weight: Float }
        struct Cap: Decodable { let attribute: String, limit: Int }
        struct Exploration: Decodable { let share: Float, seed: UInt64 }
    }

    struct ExpectedHit: Decodable {
        let id: String
        let title: String
        let score: Float
        let highlights: [String]
        let attributes: [String: Plain]
        let reasons: [String]
    }

    struct ExpectedFacet: Decodable, Equatable {
        let name: String
        let items: Int
        let distinct: Int
        let values: [Value]
        let range: [Plain]?

        init(_ facet: Facet) {
            (name, items, distinct) = (facet.name, facet.items, facet.distinct)
            values = facet.values.map { Value(value: $0.value, items: $0.items) }
            range = facet.least.flatMap { least in facet.greatest.map { [least, $0].compactMap(Plain.init) } }
        }

        struct Value: Decodable, Equatable {
            let value: String
            let items: Int

            init(value: String, items: Int) {
                (self.value, self.items) = (value, items)
            }

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                self.init(value: try pair.decode(String.self), items: try pair.decode(Int.self))
            }
        }
    }

    struct Keystroke: Decodable {
        let text: String
        let hits: [ExpectedHit]
    }

    struct Completed: Decodable {
        let typed: String
        let completions: [ExpectedCompletion]
    }

    struct ExpectedCompletion: Decodable, Equatable {
        let text: String
        let kind: String
        let highlights: [String]
        let itemId: String?

        init(_ completion: Completion) {
            (text, kind, itemId) = (completion.text, "\(completion.kind)", completion.itemID)
            highlights = completion.highlights.map { String(completion.text[$0]) }
        }
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
            case .textSet(let texts): self = .texts(texts)
            case .number(let number): self = .number(number)
            case .date(let epochDay): self = .number(Float(epochDay))
            case .bool: return nil
            }
        }
    }

    static func read() throws -> Golden {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Golden.self, from: Data(contentsOf: Fixture.golden))
    }

    func ask(_ engine: Engine, _ expected: Expected) async throws -> Response {
        let options = expected.options
        let history = History.events(
            expected.history.map {
                Event(itemID: $0.itemId, kind: $0.kind, timestamp: Date(ms: $0.timestampMs), query: $0.query)
            })
        let (offset, filter) = (options.offset ?? 0, options.filter.map { Filter(expression: $0) })
        let facets = options.facets == true ? facets : []
        switch expected.task {
        case "search":
            return try await engine.search(
                SearchRequest(
                    expected.about, limit: limit, offset: offset, filter: filter, history: history, attributes: attributes,
                    facets: facets, now: Date(ms: nowMs)))
        case "recommend":
            return try await engine.recommend(
                RecommendRequest(
                    limit: limit, offset: offset, filter: filter, history: history,
                    leaveOut: options.leaveOut.map { $0.isEmpty ? .nothing : .kinds($0) }, seeds: options.seeds ?? [],
                    intent: options.intent, boost: options.boost.map { Boost($0.attribute, $0.value, weight: $0.weight) },
                    freshness: options.freshness.map {
                        Freshness($0.attribute, halfLife: .seconds($0.halfLifeDays * 86_400), weight: $0.weight)
                    },
                    diversity: options.diversity, caps: options.caps?.map { Cap($0.attribute, limit: $0.limit) } ?? [],
                    exploration: options.exploration.map { Exploration(share: $0.share, seed: $0.seed) },
                    explainHistory: options.explainHistory ?? false, attributes: attributes, facets: facets, now: Date(ms: nowMs)))
        default:
            return try await engine.similar(
                SimilarRequest(
                    to: expected.about, limit: limit, offset: offset, filter: filter, personalisation: options.personalisation ?? 0, history: history,
                    attributes: attributes, facets: facets, now: Date(ms: nowMs)))
        }
    }

    /// Scores of each rank agree within the margin; so items can only change places with others of nearly the same score, and only such
    /// ones can have come in at the end.
    func compare(_ hits: [Hit], _ expected: [ExpectedHit], _ what: String) {
        #expect(hits.count == expected.count, "\(what)")
        let known = Dictionary(uniqueKeysWithValues: expected.map { ($0.id, $0) })
        for (hit, there) in zip(hits, expected) {
            #expect(near(hit.score, there.score), "\(what)")
            guard let same = known[hit.id] else {
                #expect(near(hit.score, expected[expected.count - 1].score), "\(what): \(hit.id) is new")
                continue
            }
            #expect(near(hit.score, same.score), "\(what): \(hit.id)")
            #expect(hit.title == same.title && hit.highlights.map { String(hit.title[$0]) } == same.highlights)
            #expect(hit.attributes.compactMapValues(Plain.init) == same.attributes)
            #expect(hit.reasons.map(\.kind.rawValue) == same.reasons.map { $0.lowercased() }, "\(what): \(hit.id)")
        }
    }

    private func near(_ a: Float, _ b: Float) -> Bool {
        abs(a - b) <= margin * max(1, abs(b))
    }
}
