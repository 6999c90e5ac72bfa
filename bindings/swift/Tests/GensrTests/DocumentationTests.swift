import Foundation
import Gensr
import Testing

extension AllTests {
    /// Samples of the documentation are compiled and run.
    @Suite struct DocumentationTests {
        private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        private static let sources = tests.appending(path: "../../Sources/Gensr").standardized
        private static let readme = Fixture.repository.appending(path: "README.md")
        private static let isThere = FileManager.default.fileExists(atPath: readme.path(percentEncoded: false))

        @Test(.enabled(if: isThere, "not in a checkout")) func samplesOfCommentsAreCompiled() throws {
            let compiled = try lines(of: Self.tests.appending(path: "DocumentationSamples.swift"))
            var samples = 0
            for file in try FileManager.default.contentsOfDirectory(at: Self.sources, includingPropertiesForKeys: nil)
            where file.pathExtension == "swift" {
                let comments = try lines(of: file).split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { $0.hasPrefix("///") }
                    .map { $0.dropFirst(3).trimmingCharacters(in: .whitespaces) }
                    .joined(separator: "\n")
                for match in comments.matches(of: /```swift\n([\s\S]*?)\n```/) {
                    samples += 1
                    #expect(compiled.contains("\n\(match.1)\n"), "a sample of \(file.lastPathComponent)")
                }
            }
            #expect(samples > 0)
        }

        @Test(.demo) func samplesOfCommentsRun() async throws {
            try await withFolder { folder in
                let profile = folder.appending(path: "profile", directoryHint: .isDirectory)
                try await DocumentationSamples.overview(Fixture.demo, profile)
                let engine = try await Engine.open(Fixture.demo, profileDirectory: profile)
                #expect(try await engine.history().map(\.kind) == ["view"])
                try await DocumentationSamples.asking(engine, "tent", ["g4245"])
                try await DocumentationSamples.filtering(engine, ["Acme", "Big & Co"], 99.5, "\"tent")
                try await DocumentationSamples.typing(engine, "tent")
                let hit = try await engine.search("tent").hits[0]
                try await DocumentationSamples.history(engine, hit, [("g3919", Date(ms: 0))])
                let event = try await engine.history()[0]
                try await DocumentationSamples.controls(engine, hit, event, folder.appending(path: "history.jsonl"))
                #expect(try await engine.recording() == .incognito)
                try await engine.setRecording(.on)
                #expect(try await engine.history().count == 5, "what was exported is there again")
                try await DocumentationSamples.changing(engine, ["g3919", "g9001", "nobody"])
                #expect(try await engine.items(["g9001", "g3919"]).map { $0 == nil } == [true, false])
                try await DocumentationSamples.running(engine)
                #expect(await failure { try await engine.diagnostics() } == .closed)
                try await DocumentationSamples.starting(Fixture.demo, folder.appending(path: "nothing.gensr"), profile)
            }
        }

        @Test(.enabled(if: isThere, "not in a checkout")) func theSamplesOfTheReadmeAreCompiled() throws {
            let source = try ["ReadmeSample.swift", "PhoneSample.swift"]
                .map { try String(contentsOf: Self.tests.appending(path: $0), encoding: .utf8) }.joined()
            let compiled = source.matches(of: /README begins\n([\s\S]*?) *\/\/ README ends/).map { match in
                match.1.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
                    .joined(separator: "\n")
            }
            let documents = ["README.md", "docs/typing.md", "bindings/swift/README.md", "docs/ios.md"]
                .map { Fixture.repository.appending(path: $0) }
            let shown = try documents.flatMap { file in
                try String(contentsOf: file, encoding: .utf8).matches(of: /```swift\n(import Gensr\n\n)?([\s\S]*?)```\n/).map { String($0.2) }
            }
            #expect(shown.count > 2 && Set(shown) == Set(compiled))
        }

        @Test(.demo) func theSamplesOfTheReadmeRun() async throws {
            try await withFolder { folder in
                let (found, next, alike, history) = try await readmeSample(pack: Fixture.demo, folder: folder)
                #expect(found.hits.count == 10 && next.hits.count == 10 && alike.hits.count == 10)
                #expect(history.map(\.itemID) == [found.hits[0].id])
                #expect(!next.hits.map(\.id).contains(found.hits[0].id))
                #expect(!alike.hits.map(\.id).contains(next.hits[0].id))
                let engine = try await Engine.open(Fixture.demo)
                try await engine.recordMany(["g3919", "g4245"].map { Event(itemID: $0, kind: "view") })
                let file = folder.appending(path: "history.jsonl")
                try await readmeSample(history: engine, file: file)
                let exported = try String(contentsOf: file, encoding: .utf8)
                #expect(exported.split(separator: "\n").count == 1 && exported.contains("g4245"))
                try await engine.setRecording(.on)
                #expect(try await engine.history() == [])
                let fractions = try await readmeSample(changing: engine, ids: ["s1", "nobody"])
                #expect(fractions.last == 1)
                #expect(try await engine.items(["s1", "g0042"]).map { $0?.title } == ["Rain Shell", nil])
                let brands = try await engine.search("tent", limit: 1, facets: ["brand"]).facets[0].values.prefix(2).map(\.value)
                let screens = try await readmeSample(engine: engine, text: "tent", brands: brands)
                #expect(screens.count == 2 && screens.allSatisfy { !$0.isEmpty })
            }
        }

        /// The lines of a file without their indentation.
        private func lines(of file: URL) throws -> String {
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
                .joined(separator: "\n")
        }
    }
}
