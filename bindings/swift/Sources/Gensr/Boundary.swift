// Conversions between the public types and those of the generated binding, which no application sees.
//
// Numbers are clamped to the native type: what does not fit it is outside the allowed range as well, so that the engine refuses it.

import Foundation
internal import GensrBindings

// MARK: Inwards

extension PackSource {
    func lowered() throws -> GensrBindings.PackSource {
        switch place {
        case .path(let path): .path(path: path)
        case .url(let url): .path(path: try url.pathOfFile("the pack's URL"))
        case .descriptor(let fd, let offset, let length, _): .descriptor(fd: fd, offset: offset, length: length)
        }
    }
}

extension EngineOptions {
    func lowered() throws -> GensrBindings.EngineOptions {
        GensrBindings.EngineOptions(
            profileDir: try profileDirectory?.pathOfFile("profileDirectory"), onnxruntime: onnxruntimePath,
            threads: UInt32(clamping: threads), maxEvents: maxEvents.map { UInt32(clamping: $0) },
            maxAgeDays: try maxAge?.wholeDays("maxAge"), key: key?.bytes, provider: provider.lowered)
    }
}

extension ExecutionProvider {
    fileprivate var lowered: GensrBindings.ExecutionProvider {
        switch self {
        case .cpu: .cpu
        case .xnnpack: .xnnpack
        case .coreML: .coreMl
        case .nnapi: .nnapi
        }
    }
}

extension TrimLevel {
    var lowered: GensrBindings.TrimLevel {
        switch self {
        case .caches: .caches
        case .background: .background
        case .everything: .everything
        }
    }
}

extension Upsert {
    func lowered(place: Int) throws -> GensrBindings.Upsert {
        GensrBindings.Upsert(
            id: id, title: title, text: text, attributes: try attributes.mapValues { try $0.lowered(place: place) }, timestampMs: timestamp?.ms)
    }
}

extension AttributeValue {
    fileprivate func lowered(place: Int) throws -> GensrBindings.AttributeValue {
        switch self {
        case .text(let text): return .text(value: text)
        case .textSet(let texts): return .textSet(values: texts)
        case .number(let number): return .number(value: number)
        case .date(let epochDay):
            guard let day = Int32(exactly: epochDay) else {
                throw GensrError.invalidArgument(reason: "item \(place): a date does not fit 32 bits")
            }
            return .date(epochDay: day)
        case .bool(let flag): return .bool(value: flag)
        }
    }
}

extension InstallRequest {
    func lowered() throws -> GensrBindings.InstallRequest {
        GensrBindings.InstallRequest(
            pack: try pack.pathOfFile("the pack's URL"), expectedSha256: sha256, destination: try destination?.pathOfFile("destination"))
    }
}

extension URL {
    func pathOfFile(_ name: String) throws -> String {
        guard isFileURL else { throw GensrError.invalidArgument(reason: "\(name) must be a file URL") }
        return path(percentEncoded: false)
    }
}

extension Event {
    var lowered: GensrBindings.Event {
        GensrBindings.Event(itemId: itemID, kind: kind, timestampMs: timestamp?.ms, query: query)
    }
}

extension Forget {
    var lowered: GensrBindings.Forget {
        switch self {
        case .event(let id): .event(id: id)
        case .item(let id): .item(itemId: id)
        case .query(let query): .query(query: query)
        case .since(let date): .since(timestampMs: date.ms)
        }
    }
}

extension Date {
    fileprivate init(ms: Int64) {
        self.init(timeIntervalSince1970: Double(ms) / 1000)
    }

    /// Milliseconds since 1970, rounded down. Whole milliseconds may be a fraction of a microsecond off, hence the tolerance.
    fileprivate var ms: Int64 {
        let ms = (timeIntervalSince1970 * 1000 + 0.01).rounded(.down)
        return Int64(exactly: ms) ?? (ms < 0 ? .min : .max)
    }
}

extension Duration {
    fileprivate var days: Double { (Double(components.seconds) + Double(components.attoseconds) * 1e-18) / 86_400 }

    /// The boundary refuses numbers that are too large, and 0, as which a negative one counts.
    fileprivate func wholeDays(_ name: String) throws -> UInt32 {
        let days = components.seconds / 86_400
        guard self == .seconds(days * 86_400) else { throw GensrError.invalidArgument(reason: "\(name) must be of whole days") }
        return UInt32(clamping: days)
    }
}

extension Recording {
    var lowered: GensrBindings.Recording {
        switch self {
        case .on: .on
        case .paused: .paused
        case .incognito: .incognito
        }
    }
}

extension History {
    fileprivate var lowered: GensrBindings.History {
        switch self {
        case .profile: .profile
        case .empty: .empty
        case .events(let events): .events(events: events.map(\.lowered))
        }
    }
}

extension Int {
    /// As an offset. None of these may be negative, and 0 is one.
    fileprivate var lowered: UInt32 { UInt32(exactly: self) ?? .max }
}

extension SearchRequest {
    var lowered: GensrBindings.SearchRequest {
        GensrBindings.SearchRequest(
            query: query, limit: UInt32(clamping: limit), offset: offset.lowered, filter: filter?.expression,
            history: history.lowered, excludeHistory: excludeHistory, exclude: exclude, attributes: attributes, facets: facets,
            nowMs: now?.ms)
    }
}

extension RecommendRequest {
    var lowered: GensrBindings.RecommendRequest {
        GensrBindings.RecommendRequest(
            limit: UInt32(clamping: limit), offset: offset.lowered, filter: filter?.expression, history: history.lowered,
            leaveOut: leaveOut?.lowered, seeds: seeds, intent: intent,
            boost: boost.map { .init(attribute: $0.attribute, value: $0.value, weight: $0.weight) },
            freshness: freshness.map {
                .init(attribute: $0.attribute, halfLifeDays: Float($0.halfLife.days), weight: $0.weight)
            },
            diversity: diversity,
            caps: caps.map { .init(attribute: $0.attribute, limit: UInt32(clamping: $0.limit)) },
            exploration: exploration.map { .init(share: $0.share, seed: $0.seed) }, explainHistory: explainHistory, exclude: exclude,
            attributes: attributes, facets: facets, nowMs: now?.ms)
    }
}

extension LeaveOut {
    fileprivate var lowered: GensrBindings.LeaveOut {
        switch self {
        case .nothing: .nothing
        case .history: .history
        case .kinds(let kinds): .kinds(kinds: kinds)
        }
    }
}

extension SimilarRequest {
    var lowered: GensrBindings.SimilarRequest {
        GensrBindings.SimilarRequest(
            itemId: itemID, limit: UInt32(clamping: limit), offset: offset.lowered, filter: filter?.expression, personalisation: personalisation,
            history: history.lowered, exclude: exclude, attributes: attributes, facets: facets, nowMs: now?.ms)
    }
}

// MARK: Outwards

extension Response {
    init(_ response: GensrBindings.Response) {
        self.init(
            hits: response.hits.map(Hit.init), totalHits: Int(response.totalHits), facets: response.facets.map(Facet.init),
            timings: response.timings.map(StageTime.init), providers: response.providers.map(GraphProvider.init))
    }
}

extension Facet {
    fileprivate init(_ facet: GensrBindings.Facet) {
        self.init(
            name: facet.name, items: Int(facet.items), distinct: Int(facet.distinct),
            values: facet.values.map { FacetValue(value: $0.value, items: Int($0.items)) },
            least: facet.least.map(AttributeValue.init), greatest: facet.greatest.map(AttributeValue.init))
    }
}

extension Hit {
    fileprivate init(_ hit: GensrBindings.Hit) {
        self.init(
            id: hit.id, title: hit.title, score: hit.score, highlights: hit.title.characters(inUTF8: hit.highlights),
            attributes: hit.attributes.mapValues(AttributeValue.init), reasons: hit.reasons.map(Reason.init))
    }
}

extension Item {
    init(_ item: GensrBindings.Item) {
        let attributes = item.attributes.map { ($0.name, AttributeValue($0.value)) }
        self.init(id: item.id, title: item.title, attributes: Dictionary(attributes) { first, _ in first })
    }
}

extension AttributeValue {
    fileprivate init(_ value: GensrBindings.AttributeValue) {
        switch value {
        case .text(let text): self = .text(text)
        case .textSet(let texts): self = .textSet(texts)
        case .number(let number): self = .number(number)
        case .date(let epochDay): self = .date(epochDay: Int(epochDay))
        case .bool(let flag): self = .bool(flag)
        }
    }
}

extension Reason {
    fileprivate init(_ reason: GensrBindings.Reason) {
        self.init(kind: ReasonKind(reason.kind), terms: reason.terms, weight: reason.weight)
    }
}

extension ReasonKind {
    fileprivate init(_ kind: GensrBindings.ReasonKind) {
        switch kind {
        case .model: self = .model
        case .neighbours: self = .neighbours
        case .words: self = .words
        case .title: self = .title
        case .id: self = .id
        case .history: self = .history
        case .similar: self = .similar
        case .seeds: self = .seeds
        case .dislike: self = .dislike
        case .boost: self = .boost
        case .boost: self = .boost
        case .freshness: self = .freshness
        case .popularity: self = .popularity
        case .exploration: self = .exploration
        case .other: self = .other
        }
    }
}

extension Completion {
    init(_ completion: GensrBindings.Completion) {
        let text = completion.text
        self.init(
            text: text, kind: CompletionKind(completion.kind), highlights: text.characters(inUTF8: completion.highlights),
            itemID: completion.itemId)
    }
}

extension CompletionKind {
    fileprivate init(_ kind: GensrBindings.CompletionKind) {
        switch kind {
        case .query: self = .query
        case .category: self = .category
        case .title: self = .title
        case .other: self = .other
        }
    }
}

extension String {
    fileprivate func characters(inUTF8 ranges: [ByteRange]) -> [Range<Index>] {
        // Defensive: an inverted range would trap.
        characters(inUTF8: ranges.map { Int($0.start)..<max(Int($0.start), Int($0.end)) })
    }
}

extension StageTime {
    fileprivate init(_ time: GensrBindings.StageTime) {
        self.init(stage: time.stage, ms: time.ms)
    }
}

extension GraphProvider {
    fileprivate init(_ provider: GensrBindings.GraphProvider) {
        self.init(graph: provider.graph, provider: provider.provider)
    }
}

extension Diagnostics {
    init(_ found: GensrBindings.Diagnostics) {
        self.init(
            engineVersion: found.engineVersion, onnxruntime: found.onnxruntime, kernels: found.kernels,
            catalogue: found.catalogue, packID: found.packId, items: Int(found.items),
            formatVersion: Int(found.formatVersion), providers: found.providers.map(GraphProvider.init),
            nodes: found.nodes.map { GraphNodes(graph: $0.graph, provider: $0.provider, nodes: Int($0.nodes)) },
            live: LiveDiagnostics(found.live), profile: ProfileDiagnostics(found.profile), callsRunning: Int(found.callsRunning), log: found.log)
    }
}

extension LiveDiagnostics {
    fileprivate init(_ live: GensrBindings.LiveDiagnostics) {
        self.init(
            items: Int(live.items), removed: Int(live.removed), pending: Int(live.pending), withoutVector: Int(live.withoutVector),
            makesVectors: live.makesVectors)
    }
}

extension ProfileDiagnostics {
    fileprivate init(_ profile: GensrBindings.ProfileDiagnostics) {
        self.init(
            inMemory: profile.inMemory, open: profile.open, events: Int(profile.events), dormant: Int(profile.dormant),
            warnings: profile.warnings)
    }
}

extension RecordedEvent {
    init(_ event: GensrBindings.RecordedEvent) {
        self.init(id: event.id, itemID: event.itemId, kind: event.kind, timestamp: Date(ms: event.timestampMs), query: event.query)
    }
}

extension Recording {
    init(_ recording: GensrBindings.Recording) {
        switch recording {
        case .on: self = .on
        case .paused: self = .paused
        case .incognito: self = .incognito
        }
    }
}

extension Installed {
    init(_ installed: GensrBindings.Installed) {
        self.init(
            previousPackID: installed.previousPackId, packID: installed.packId, events: Int(installed.events),
            dormant: Int(installed.dormant), deactivated: Int(installed.deactivated), reactivated: Int(installed.reactivated))
    }
}

extension GensrError {
    /// The error of a native call, or of this layer.
    init(lifting error: any Error) {
        switch error {
        case let error as GensrError: self = error
        case let error as GensrBindings.GensrError:
            switch error {
            case .Closed: self = .closed
            case .InvalidArgument(let reason): self = .invalidArgument(reason: reason)
            case .BadPack(let reason): self = .badPack(reason: reason)
            case .Incompatible(let found, let supported): self = .incompatible(found: found, supported: supported)
            case .Cancelled: self = .cancelled
            case .Internal(let reason): self = .internal(reason: reason)
            }
        // The generated code's own errors; their text may quote user data.
        default: self = .internal(reason: "a call did not cross into the engine; please report it")
        }
    }
}
