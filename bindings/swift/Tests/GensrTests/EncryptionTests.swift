import Foundation
import Gensr
import Testing

extension AllTests {
    /// Keys of profiles; what needs a library with encryption runs where there is one, and what needs one without where there is not.
    @Suite(.demo) struct EncryptionTests {
        fileprivate static let refused = "this library was built without encryption (feature sqlcipher)"

        private static func keyed(_ byte: UInt8, _ folder: URL) -> EngineOptions {
            EngineOptions(profileDirectory: folder, key: ProfileKey(Data(repeating: byte, count: 32)))
        }

        @Test func aKeyIsNeverShown() {
            // In every form that bytes are printed in: numbers, hex, base64, and as the text that these are.
            let bytes = Data("correct horse battery staple 123".utf8)
            let key = ProfileKey(bytes)
            let options = EngineOptions(key: key)
            var dumped = ""
            dump(key, to: &dumped)
            dump(options, to: &dumped)
            let shown = [
                "\(key)", "\(options)", "\(options.key as Any)", String(reflecting: key), String(reflecting: options),
                String(describing: Mirror(reflecting: key).children.map(\.value)), dumped,
            ].joined(separator: "\n").lowercased()
            #expect(shown.contains("profilekey"))
            for form in ["horse", "111", "686f", "32 bytes", bytes.base64EncodedString().prefix(8).lowercased()] {
                #expect(!shown.contains(form), "\(form)")
            }
            #expect(key == ProfileKey(Array(bytes)) && key != ProfileKey(bytes.dropLast()))
        }

        @Test func aKeyHas32Bytes() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for count in [0, 31, 33] {
                let key = ProfileKey(Data(repeating: 7, count: count))
                let reason = "a key has 32 bytes, made at random"
                #expect(await invalidArgument { try await Engine.open(.file(Fixture.demo), options: EngineOptions(key: key)) } == reason)
                #expect(await invalidArgument { try await engine.rotateKey(to: key) } == reason)
            }
        }

        @Test(.encryption(false)) func withoutEncryptionAKeyIsRefused() async throws {
            try await withFolder { folder in
                let keyed = Self.keyed(1, folder)
                #expect(await invalidArgument { try await Engine.open(.file(Fixture.demo), options: keyed) } == Self.refused)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)) == [])
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                try await engine.record("g3919", kind: "view")
                let key = try #require(keyed.key)
                #expect(await invalidArgument { try await engine.rotateKey(to: key) } == Self.refused)
                #expect(try await engine.history().count == 1, "the profile is what it was")
            }
        }

        @Test(.encryption(true)) func aProfileOpensWithItsKeyAlone() async throws {
            try await withFolder { folder in
                let engine = try await Engine.open(.file(Fixture.demo), options: Self.keyed(1, folder))
                try await engine.record("g3919", kind: "view")
                try await engine.rotateKey(to: ProfileKey([UInt8](repeating: 2, count: 32)))
                engine.close()
                for wrong in [Self.keyed(1, folder), EngineOptions(profileDirectory: folder)] {
                    #expect(await invalidArgument { try await Engine.open(.file(Fixture.demo), options: wrong) }?.contains("key") == true)
                }
                let again = try await Engine.open(.file(Fixture.demo), options: Self.keyed(2, folder))
                #expect(try await again.history().map(\.itemID) == ["g3919"])
                again.close()
                for name in try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)) {
                    #expect(try Data(contentsOf: folder.appending(path: name)).range(of: Data("g3919".utf8)) == nil, "\(name)")
                }
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// For a test of a library that has encryption, or has none.
    fileprivate static func encryption(_ wanted: Bool) -> Self {
        .enabled("for a library \(wanted ? "with" : "without") encryption") {
            try await withFolder { folder in
                let key = ProfileKey(Data(count: 32))
                do {
                    try await Engine.open(.file(Fixture.demo), options: EngineOptions(profileDirectory: folder, key: key)).close()
                    return wanted
                } catch GensrError.invalidArgument(AllTests.EncryptionTests.refused) {
                    return !wanted
                }
            }
        }
    }
}
