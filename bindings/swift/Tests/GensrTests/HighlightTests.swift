import Foundation
import Testing

@testable import Gensr

extension AllTests {
    /// The engine's ranges of UTF-8 offsets become ranges of characters.
    @Suite struct HighlightTests {
        /// The offsets of a part of a text, in UTF-8.
        private func offsets(of part: String, in text: String) throws -> Range<Int> {
            let (text, part) = (Array(text.utf8), Array(part.utf8))
            let start = try #require(text.indices.first { text[$0...].starts(with: part) })
            return start..<start + part.count
        }

        @Test(arguments: [
            ("Alpine Shell", ["Al", "Shell"], ["Al", "Shell"]),
            // Four and more bytes before it, and in it.
            ("🏕️ Zelt 👩‍👩‍👧‍👦 groß", ["Zelt", "groß"], ["Zelt", "groß"]),
            ("🏕️ Zelt 👩‍👩‍👧‍👦 groß", ["\u{1F469}"], ["👩‍👩‍👧‍👦"]),
            // The accent belongs to its letter, however the engine counted.
            ("Caf\u{E9} cre\u{300}me", ["Caf\u{E9}", "cr"], ["Caf\u{E9}", "cr"]),
            ("cre\u{300}me", ["cre"], ["cre\u{300}"]),
            ("cre\u{300}me", ["\u{300}m"], ["e\u{300}m"]),
            // In the order of the text, which is not that of the screen.
            ("خيمة لشخصين", ["خيمة", "لش"], ["خيمة", "لش"]),
            ("Zelt אוהל 2", ["אוהל"], ["אוהל"]),
            ("रेशमी तंबू", ["तंबू"], ["तंबू"]),
            ("山用テント", ["山", "テント"], ["山", "テント"]),
            ("한국어 텐트", ["텐트"], ["텐트"]),
        ])
        func rangesAreThoseOfTheText(text: String, parts: [String], shown: [String]) throws {
            let ranges = try parts.map { try offsets(of: $0, in: text) }
            let found = text.characters(inUTF8: ranges).map { String(text[$0]) }
            #expect(found.map { Array($0.utf8) } == shown.map { Array($0.utf8) })
        }

        /// Against the definition: a character is found when it has a byte of a range.
        @Test func everyCharacterThatHasSomethingOfARangeIsFoundOnce() {
            var random = SplitMix(state: 7)
            let pieces = ["a", "é", "e\u{301}", "👩‍👩‍👧‍👦", "🏕️", "🇩🇪", " ", "ش", "ل\u{64E}", "क्ष", "山", "각", "\r\n", "\u{301}", "\0"]
            for _ in 0..<2_000 {
                let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
                // Ascending, and apart, as the engine's are; also past the end, which they are not.
                let ends = Set((0..<2 * Int.random(in: 0...3, using: &random)).map { _ in
                    Int.random(in: 0...text.utf8.count + 3, using: &random)
                }).sorted()
                let ranges = stride(from: 0, to: ends.count - 1, by: 2).map { ends[$0]..<ends[$0 + 1] }

                var (expected, offset) = ([String.Index](), 0)
                for index in text.indices {
                    let end = offset + text[index].utf8.count
                    if ranges.contains(where: { $0.overlaps(offset..<end) }) { expected.append(index) }
                    offset = end
                }
                let found = text.characters(inUTF8: ranges)
                #expect(found.flatMap { text.indices[$0] } == expected, "\(text.debugDescription) \(ranges)")
            }
        }

        @Test(.demo) func hitsSayWhatMatches() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for (query, matches) in [
                ("shell", ["shell"]), ("ALPINE shell", ["alpine", "shell"]), ("mountain sh", ["mountain", "sh"]), ("alpnie", ["alpine"]),
            ] {
                let hits = try await engine.search(query).hits
                let shown = hits.map { hit in Set(hit.highlights.map { hit.title[$0].lowercased() }) }
                #expect(shown[0] == Set(matches), "\(query): \(hits[0].title)")
                for hit in hits where hit.reasons.contains(where: { $0.kind == .title }) { #expect(!hit.highlights.isEmpty) }
                for try await response in engine.typing().responses(to: query) { #expect(!response.hits[0].highlights.isEmpty) }
            }
            #expect(try await engine.recommend().hits.allSatisfy { $0.highlights.isEmpty })
            #expect(try await engine.search("g3919").hits[0].reasons.contains { $0.kind == .id })
        }

        @Test(.demo) func completionsSayWhatWasTyped() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for typed in ["alp", "Shell", "mountain SH"] {
                let completions = try await engine.complete(typed, limit: 20)
                #expect(!completions.isEmpty)
                for completion in completions {
                    let shown = completion.highlights.map { completion.text[$0].lowercased() }.sorted()
                    #expect(shown == typed.lowercased().split(separator: " ").map(String.init).sorted(), "\(completion)")
                    #expect((completion.itemID != nil) == (completion.kind == .title))
                }
            }
            #expect(try await engine.complete("alp", limit: 2).count == 2)
            #expect(try await engine.complete("") == [], "no own queries yet")
        }

        /// Titles of the demo are in English; a user's own queries need not be.
        @Test(.demo, arguments: [
            ("👩‍👩‍👧‍👦🏕️ Zelt groß", "zel", ["Zel"]), ("Cre\u{300}me bru\u{302}le\u{301}e", "creme b", ["Cre\u{300}me", "b"]),
            ("خيمة لشخصين", "خي", ["خي"]), ("אוהל 2", "אוהל", ["אוהל"]),
        ])
        func ownQueriesComeBackWithWhatWasTyped(query: String, typed: String, shown: [String]) async throws {
            let engine = try await Engine.open(Fixture.demo)
            try await engine.record(Event(itemID: "g3919", kind: "search", query: query))
            let completion = try #require(try await engine.complete(typed).first)
            #expect(completion.kind == .query && Array(completion.text.utf8) == Array(query.utf8))
            #expect(completion.highlights.map { Array(completion.text[$0].utf8) } == shown.map { Array($0.utf8) })
            #expect(try await engine.complete("").map(\.text) == [query])
            try await engine.clearHistory()
            #expect(try await engine.complete("") == [])
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
