import Foundation
import Gensr

#if canImport(CryptoKit)
import CryptoKit
#endif

// The samples of the documentation comments, as they are there: so they compile, and a test runs those that can run here.

enum DocumentationSamples {
    static func overview(_ pack: URL, _ folder: URL) async throws {
        let engine = try await Engine.open(pack, profileDirectory: folder)
        let response = try await engine.search("light shell")
        try await engine.record(response.hits[0].id, kind: "view")
        let next = try await engine.recommend()
        _ = next
    }

    static func asking(_ engine: Engine, _ text: String, _ inBasket: [String]) async throws {
        func show(_ hits: [Hit]) {}
        do {
            let hits = try await engine.search("light shell").hits
            show(hits)
        }
        do {
            let request = SearchRequest("light shell", limit: 20, attributes: ["brand", "price"])
            let response = try await engine.search(request)
            show(response.hits)
        }
        do {
            var request = SearchRequest("light shell", limit: 20)
            request.attributes = ["brand", "price"]
            let response = try await engine.search(request)
            for hit in response.hits.prefix(1) {
                if case .number(let price)? = hit.attributes["price"] {
                    print(price)
                }
                for part in hit.highlights {
                    print(hit.title[part])
                }
            }
        }
        do {
            let hits = try await engine.recommend().hits
            show(hits)
        }
        do {
            let response = try await engine.recommend(RecommendRequest(seeds: inBasket, intent: "for rainy days", diversity: 0.3))
            show(response.hits)
        }
        do {
            var request = RecommendRequest(limit: 20, seeds: inBasket)
            request.diversity = 0.3
            request.caps = [Cap("brand", limit: 3)]
            let response = try await engine.recommend(request)
            show(response.hits)
        }
        do {
            let hits = try await engine.similar(to: "g3919").hits
            show(hits)
        }
        do {
            let response = try await engine.similar(SimilarRequest(to: "g3919", exclude: inBasket))
            show(response.hits)
            let hit = response.hits[0]
            do {
                let request = SimilarRequest(to: hit.id, limit: 6, attributes: ["price"])
                let response = try await engine.similar(request)
                show(response.hits)
            }
        }
        do {
            show(try await engine.search(text).hits)
        } catch .cancelled {
            // The user typed on; the next search is under way.
        } catch {
            print("search: \(error)")
        }
    }

    static func filtering(_ engine: Engine, _ brands: [String], _ budget: Double, _ typed: String) async throws {
        let settings: [String: String] = [:]
        do {
            let filter: Filter = "brand IN \(brands) AND price <= \(budget)"
            let response = try await engine.search("shell", filter: filter && !"categories = Sale")
            _ = response
        }
        do {
            let filter = Filter(expression: settings["filter"] ?? "price EXISTS")
            let response = try await engine.search("shell", filter: filter, facets: ["brand"])
            for choice in response.facets[0].values {
                print("\(choice.value) (\(choice.items))")
            }
        }
        do {
            let filter = Filter(expression: "brand = " + Filter.quoted(typed))
            _ = try await engine.search("shell", filter: filter)
        }
    }

    static func typing(_ engine: Engine, _ text: String) async throws {
        func show(_ hits: [Hit]) {}
        do {
            let box = engine.typing()
            for try await response in box.responses(to: text) {
                show(response.hits)
            }
        }
        let box = engine.typing()
        for try await response in box.responses(to: text, limit: 20) {
            show(response.hits)
        }
        for try await response in box.responses(to: SearchRequest(text, attributes: ["price"])) {
            show(response.hits)
        }
        box.close()
        do {
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            typed.yield("alp") // whenever the text of the box changes
            typed.finish() // when the box goes
            for try await response in engine.responses(to: texts) {
                show(response.hits)
            }
        }
        do {
            let texts = try await engine.complete("alp").map(\.text)
            _ = texts
        }
        for completion in try await engine.complete("alp") {
            print(completion.text)
        }
    }

    static func history(_ engine: Engine, _ hit: Hit, _ orders: [(item: String, date: Date)]) async throws {
        try await engine.record(hit.id, kind: "view")
        try await engine.record(hit.id, kind: Event.dislike)
        try await engine.record(Event(itemID: hit.id, kind: "search", query: "light shell"))
        try await engine.recordMany(orders.map { Event(itemID: $0.item, kind: "buy", timestamp: $0.date) })
        let seen = try await engine.history(limit: 20).map(\.itemID)
        _ = seen
        for event in try await engine.history(limit: 20) {
            print(event.timestamp, event.kind, event.itemID)
        }
    }

    static func controls(_ engine: Engine, _ hit: Hit, _ event: RecordedEvent, _ file: URL) async throws {
        do {
            let isHidden = try await engine.recording() == .incognito
            _ = isHidden
        }
        do {
            let count = try await engine.exportHistory(to: file)
            _ = count
        }
        try await engine.forget(.event(event.id))
        try await engine.forget(.query("light shell"))
        let erased = try await engine.forget(.since(.now - 3600))
        _ = erased
        try await engine.forget(.item(hit.id))
        try await engine.clearHistory()
        do {
            let count = try await engine.importHistory(from: file)
            _ = count
        }
        try await engine.setRecording(.incognito)
    }

    static func changing(_ engine: Engine, _ ids: [String]) async throws {
        let job = try await engine.upsertItems([
            Upsert(id: "g9001", title: "Rain Shell", text: "Waterproof, 190 g.", attributes: ["price": .number(129)])
        ])
        try await job.run()
        for try await progress in job.runWithProgress() {
            print("\(progress.done) of \(progress.total)")
        }
        try await engine.pendingVectors().run()
        let inBasket = try await engine.items(ids).compactMap(\.self)
        _ = inBasket
        try await engine.removeItems(["g9001"])
    }

    static func starting(_ bundled: URL, _ installed: URL, _ folder: URL) async throws {
        let source = try await PackSource.newest(installed: installed, bundled: .file(bundled))
        let engine = try await Engine.open(source, options: EngineOptions(profileDirectory: folder))
        engine.close()
    }

    static func installing(_ engine: Engine, _ downloaded: URL, _ expected: String) async throws {
        let installed = try await engine.install(InstallRequest(pack: downloaded, sha256: expected))
        print("\(installed.events) events, \(installed.dormant) of them of items that are gone")
    }

    static func running(_ engine: Engine) async throws {
        Task(priority: .utility) { try? await engine.warmUp() }
        try await engine.trimMemory(.background)
        engine.trimWithApplication()
        let diagnostics = try await engine.diagnostics()
        print("gensr \(diagnostics.engineVersion), \(diagnostics.items) items")
        engine.close()
    }

    // Not run: files that an app has, and this package has not.

    static func opening(_ folder: URL, _ url: URL, _ fd: Int32) async throws {
        do {
            let pack = Bundle.main.url(forResource: "shop", withExtension: "gensr")!
            let engine = try await Engine.open(pack, profileDirectory: folder)
            engine.close()
        }
        do {
            let pack = Bundle.main.url(forResource: "shop", withExtension: "gensr")!
            let engine = try await Engine.open(.file(pack))
            engine.close()
        }
        do {
            let engine = try await Engine.open(.bundled("shop"), options: EngineOptions(profileDirectory: folder))
            engine.close()
        }
        do {
            let pack = url
            let engine = try await Engine.open(pack, profileDirectory: Engine.profileDirectory())
            engine.close()
        }
        do {
            let engine = try await Engine.open(.path("models/demo/demo.gensr"))
            engine.close()
        }
        do {
            let engine = try await Engine.open(.descriptor(fd, offset: 4096, length: 1_769_728))
            engine.close()
        }
        do {
            let assets = try FileHandle(forReadingFrom: url)
            let engine = try await Engine.open(.handle(assets, offset: 4096, length: 1_769_728))
            engine.close()
        }
        let assets = try FileHandle(forReadingFrom: url)
        do {
            let options = EngineOptions(profileDirectory: folder, threads: 2)
            let engine = try await Engine.open(.handle(assets, offset: 4096, length: 1_769_728), options: options)
            engine.close()
        }
    }

    #if os(iOS) || os(tvOS) || os(visionOS)
    static func onDemand(_ folder: URL) async throws {
        let pack = try await OnDemandPack.fetch("shop", tags: ["shop"])
        let engine = try await Engine.open(pack.source, options: EngineOptions(profileDirectory: folder))
        engine.close()
    }
    #endif

    static func encrypting(_ engine: Engine, _ newKey: Data) async throws {
        try await engine.rotateKey(to: ProfileKey(newKey))
    }

    #if canImport(CryptoKit)
    static func encrypted(_ folder: URL) -> EngineOptions {
        let key = SymmetricKey(size: .bits256) // kept in the keychain, as `kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly`
        let options = EngineOptions(profileDirectory: folder, key: ProfileKey(key))
        return options
    }
    #endif

    #if canImport(Darwin)
    static func profileDirectory() throws -> URL {
        var folder = URL.applicationSupportDirectory.appending(path: "gensr", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true,
            attributes: [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication])
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
        return folder
    }
    #endif
}
