// Between the public types and those of the generated binding, which no application sees.
//
// Numbers are clamped on their way in: what does not fit the native type lies outside the allowed range in any case, so that the
// engine refuses it as it refuses any other number, with the same words.

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
            threads: UInt32(clamping: threads))
    }
}

extension URL {
    fileprivate func pathOfFile(_ name: String) throws -> String {
        guard isFileURL else { throw GensrError.invalidArgument(reason: "\(name) must be a file URL") }
        return path(percentEncoded: false)
    }
}

extension Event {
    var lowered: GensrBindings.Event {
        GensrBindings.Event(itemId: itemID, kind: kind, timestampMs: timestampMs, query: query)
    }

    init(_ event: GensrBindings.Event) {
        self.init(itemID: event.itemId, kind: event.kind, timestampMs: event.timestampMs, query: event.query)
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

extension SearchRequest {
    var lowered: GensrBindings.SearchRequest {
        GensrBindings.SearchRequest(
            query: query, limit: UInt32(clamping: limit), history: history.lowered, excludeHistory: excludeHistory,
            exclude: exclude, attributes: attributes, nowMs: nowMs)
    }
}

extension RecommendRequest {
    var lowered: GensrBindings.RecommendRequest {
        GensrBindings.RecommendRequest(
            limit: UInt32(clamping: limit), history: history.lowered, excludeHistory: excludeHistory, exclude: exclude,
            attributes: attributes, nowMs: nowMs)
    }
}

extension SimilarRequest {
    var lowered: GensrBindings.SimilarRequest {
        GensrBindings.SimilarRequest(
            itemId: itemID, limit: UInt32(clamping: limit), exclude: exclude, attributes: attributes)
    }
}

// MARK: Outwards

extension Answer {
    init(_ answer: GensrBindings.Answer) {
        self.init(
            hits: answer.hits.map(Hit.init), timings: answer.timings.map(StageTime.init),
            providers: answer.providers.map(Provider.init))
    }
}

extension Hit {
    fileprivate init(_ hit: GensrBindings.Hit) {
        self.init(
            id: hit.id, title: hit.title, score: hit.score, attributes: hit.attributes.mapValues(AttributeValue.init),
            reasons: hit.reasons.map(Reason.init))
    }
}

extension AttributeValue {
    fileprivate init(_ value: GensrBindings.AttributeValue) {
        switch value {
        case .text(let text): self = .text(text)
        case .set(let texts): self = .set(texts)
        case .number(let number): self = .number(number)
        case .date(let epochDay): self = .date(epochDay: Int(epochDay))
        case .flag(let flag): self = .flag(flag)
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
        case .history: self = .history
        case .similar: self = .similar
        case .other: self = .other
        }
    }
}

extension StageTime {
    fileprivate init(_ time: GensrBindings.StageTime) {
        self.init(stage: time.stage, ms: time.ms)
    }
}

extension Provider {
    fileprivate init(_ provider: GensrBindings.Provider) {
        self.init(graph: provider.graph, name: provider.name)
    }
}

extension Diagnostics {
    init(_ found: GensrBindings.Diagnostics) {
        self.init(
            engineVersion: found.engineVersion, onnxruntime: found.onnxruntime, kernels: found.kernels,
            catalogue: found.catalogue, packID: found.packId, items: Int(found.items),
            formatVersion: Int(found.formatVersion), providers: found.providers.map(Provider.init),
            profile: ProfileDiagnostics(found.profile), callsRunning: Int(found.callsRunning), log: found.log)
    }
}

extension ProfileDiagnostics {
    fileprivate init(_ profile: GensrBindings.ProfileDiagnostics) {
        self.init(
            inMemory: profile.inMemory, open: profile.open, events: Int(profile.events), dormant: Int(profile.dormant),
            warnings: profile.warnings)
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
        // The generated code's own errors; their text may quote what was being worked on.
        default: self = .internal(reason: "a call did not cross into the engine; please report it")
        }
    }
}
