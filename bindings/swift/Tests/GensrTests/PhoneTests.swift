import Foundation
@testable import Gensr
import Testing

extension AllTests {
    /// Needs of apps on a phone: the bundle's pack, the folder of the profile, freeing memory in time.
    @Suite(.demo) struct PhoneTests {
        @Test func aPackIsFoundInABundle() async throws {
            try await withFolder { folder in
                try FileManager.default.copyItem(at: Fixture.demo, to: folder.appending(path: "shop.gensr"))
                let bundle = try #require(Bundle(path: folder.path(percentEncoded: false)))
                let engine = try await Engine.open(.bundled("shop", in: bundle))
                #expect(try await engine.search("tent").hits.count == 10)
                let reason = await invalidArgument { try await Engine.open(.bundled("sohp", in: bundle)) }
                #expect(reason?.contains("sohp.gensr") == true && reason?.contains("Copy Bundle Resources") == true)
            }
        }

        @Test(.testdata) func theSamplesOfTheDocumentRun() async throws {
            struct Hashes: Decodable { let other: String }
            let hash = try JSONDecoder().decode(Hashes.self, from: Data(contentsOf: Fixture.testdata.appending(path: "sha256.json"))).other
            try await withFolder { folder in
                try FileManager.default.copyItem(at: Fixture.demo, to: folder.appending(path: "shop.gensr"))
                let bundle = try #require(Bundle(path: folder.path(percentEncoded: false)))
                let changed = try await phoneSample(installing: Fixture.other, hash, bundle: bundle, support: folder)
                #expect(changed.packID != changed.previousPackID)
                let installed = folder.appending(path: "packs/shop.gensr")
                let next = try await Engine.open(PackSource.newest(installed: installed, bundled: .bundled("shop", in: bundle)))
                #expect(try await next.diagnostics().packID == changed.packID)
            }
        }

        @Test func theFolderOfAProfileIsMade() async throws {
            try await withFolder { folder in
                let parent = folder.appending(path: "Äpp support", directoryHint: .isDirectory)
                let profile = try Engine.profileDirectory(in: parent)
                #expect(profile.lastPathComponent == "gensr" && profile.deletingLastPathComponent().path() == parent.path())
                var engine = try await Engine.open(Fixture.demo, profileDirectory: profile)
                try await engine.record("g3919", kind: "view")
                engine.close()
                // Again, with something in it; and another one beside it.
                engine = try await Engine.open(Fixture.demo, profileDirectory: Engine.profileDirectory(in: parent))
                #expect(try await engine.history().map(\.itemID) == ["g3919"])
                engine = try await Engine.open(Fixture.demo, profileDirectory: Engine.profileDirectory(named: "guest", in: parent))
                #expect(try await engine.history() == [])
                #if canImport(Darwin)
                #expect(try profile.resourceValues(forKeys: [.isExcludedFromBackupKey]).isExcludedFromBackup == true)
                #endif
            }
        }

        @Test(arguments: ["", ".", "..", ".hidden", "a/b", "../gensr"]) func aNameThatIsNoneIsRefused(name: String) async throws {
            try await withFolder { folder in
                _ = await invalidArgument { try Engine.profileDirectory(named: name, in: folder) }
                let made = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
                #expect(made.isEmpty)
            }
        }

        @Test func aFolderThatCannotBeMadeIsSaidSo() async throws {
            try await withFolder { folder in
                let file = folder.appending(path: "file")
                try Data().write(to: file)
                guard case .internal(let reason)? = await failure(of: { try Engine.profileDirectory(in: file) }) else {
                    Issue.record("not an internal error")
                    return
                }
                #expect(reason.contains("folder") && !reason.contains(folder.lastPathComponent))
            }
        }

        @Test func memoryIsGivenBackWhenTheSystemWishesIt() {
            let center = NotificationCenter()
            let asked = Locked<[TrimLevel]>([])
            var trimming: Trimming? = Trimming(center) { level in asked.withLock { $0.append(level) } }
            /// The level that a notification led to.
            func levels(after name: Notification.Name) -> [TrimLevel] {
                asked.withLock { $0 = [] }
                center.post(name: name, object: nil)
                return asked.withLock { $0 }
            }
            #expect(levels(after: Trimming.memoryWarning) == [.caches])
            for (background, foreground) in zip(Trimming.background, Trimming.foreground) {
                #expect(levels(after: background) == [.background])
                #expect(levels(after: Trimming.memoryWarning) == [.everything])
                #expect(levels(after: foreground) == [])
                #expect(levels(after: Trimming.memoryWarning) == [.caches])
            }
            #expect(trimming != nil)
            trimming = nil
            #expect(levels(after: Trimming.background[0]) == [], "it ends")
        }

        @Test func inTheBackgroundNoLockIsHeld() async throws {
            try await withFolder { folder in
                let center = NotificationCenter()
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                engine.trimWithApplication(notifications: center)
                engine.trimWithApplication(notifications: center)
                try await engine.record("g3919", kind: "view")
                center.post(name: Trimming.memoryWarning, object: nil)
                #expect(try await engine.diagnostics().profile.open)
                _ = await invalidArgument { try await Engine.open(Fixture.demo, profileDirectory: folder) }
                center.post(name: Trimming.background[0], object: nil)
                try await eventually("the profile is closed") { try await !engine.diagnostics().profile.open }
                let other = try await Engine.open(Fixture.demo, profileDirectory: folder)
                #expect(try await other.history().count == 1)
                other.close()
                #expect(try await engine.search("tent").hits.count == 10, "and goes on")
            }
        }

        @Test func followingTheAppKeepsNoEngineAlive() async throws {
            let center = NotificationCenter()
            var engine: Engine? = try await Engine.open(Fixture.demo)
            weak var gone = engine
            engine?.trimWithApplication(notifications: center)
            center.post(name: Trimming.background[0], object: nil)
            engine = nil
            try await eventually("it goes") { gone == nil }
            center.post(name: Trimming.memoryWarning, object: nil)
        }

        /// The categories that the manifest must declare; scripts/check-ios compares it with the calls of the library.
        @Test func thePrivacyManifestIsThere() throws {
            let file = Fixture.repository.appending(path: "bindings/swift/Sources/Gensr/PrivacyInfo.xcprivacy")
            let manifest = try PropertyListSerialization.propertyList(from: Data(contentsOf: file), format: nil) as? [String: Any]
            #expect(manifest?["NSPrivacyTracking"] as? Bool == false)
            #expect((manifest?["NSPrivacyCollectedDataTypes"] as? [Any])?.isEmpty == true)
        }
    }
}
