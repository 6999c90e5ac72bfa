import Foundation
import Testing

extension AllTests {
    @Suite struct ReadmeTests {
        private static let readme = Fixture.repository.appending(path: "README.md")
        private static let isThere = FileManager.default.fileExists(atPath: readme.path(percentEncoded: false))

        @Test(.enabled(if: isThere, "not in a checkout")) func theSampleIsTheOneOfTheReadme() throws {
            let source = try String(
                contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "ReadmeSample.swift"),
                encoding: .utf8)
            let body = try #require(source.firstMatch(of: /README begins\n([\s\S]*?)\n *\/\/ README ends/)?.1)
            let sample = body.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
                .joined(separator: "\n")
            let readme = try String(contentsOf: Self.readme, encoding: .utf8)
            #expect(readme.contains("```swift\nimport Gensr\n\n\(sample)\n```\n"))
        }

        @Test(.demo) func theSampleRuns() async throws {
            try await withFolder { folder in
                let (found, next, history) = try await readmeSample(pack: Fixture.demo, folder: folder)
                #expect(found.hits.count == 10 && next.hits.count == 10)
                #expect(history.map(\.itemID) == [found.hits[0].id])
                #expect(!next.hits.map(\.id).contains(found.hits[0].id))
            }
        }
    }
}
