import Foundation
import Gensr
import Testing

extension AllTests {
    @Suite(.demo) struct MemoryTests {
        /// Bytes that a cycle may leave behind. Measured on Linux: .8 KB where all is well; 2,600 KB for an engine that is not closed, about
        /// 1,200 KB of them for each session; 162 KB for one that is only trimmed, its smallest part.
        static let bound = 40_000

        @Test func openingAndClosingLeaksNothing() async throws {
            let mapped = Process.mappings(of: Fixture.demo)
            try await cycles(200)
            let before = Process.privateMemory
            try #require(before > 0)
            try await cycles(800)
            let slope = (Process.privateMemory - before) / 800
            #expect(slope < Self.bound, "bytes a cycle")
            #expect(Process.mappings(of: Fixture.demo) == mapped, "the pack is not mapped any longer")
            print("memory: \(slope) bytes a cycle of opening and closing")
        }

        private func cycles(_ count: Int) async throws {
            for _ in 0..<count { try await Engine.open(Fixture.demo).close() }
        }
    }
}
