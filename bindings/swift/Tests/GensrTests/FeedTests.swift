import Foundation
import Gensr
import Testing

extension AllTests {
    /// What a feed can be asked for.
    @Suite(.demo) struct FeedTests {
        private static let now: Int64 = 1_700_000_000_000

        /// Two events of everything that "tent" finds: an engine that knows its user.
        private func engine() async throws -> (Engine, seen: [String]) {
            let engine = try await Engine.open(Fixture.demo)
            let seen = try await engine.search("tent", limit: 4).hits.map(\.id)
            try await engine.recordMany(
                seen.enumerated().map { Event(itemID: $1, kind: $0 < 2 ? "buy" : "view", timestampMs: Self.now - 60_000 * Int64(9 - $0)) })
            return (engine, seen)
        }

        private func ids(_ engine: Engine, _ request: RecommendRequest) async throws -> [String] {
            var request = request
            request.nowMs = Self.now
            return try await engine.recommend(request).hits.map(\.id)
        }

        @Test func theHistoryIsLeftOutAsWanted() async throws {
            let (engine, seen) = try await engine()
            let all = RecommendRequest(limit: 1000)
            var request = all
            for (leaveOut, left) in [
                (nil, seen), (.history, seen), (.nothing, []), (.kinds(["buy"]), Array(seen[..<2])), (.kinds(["view"]), Array(seen[2...])),
                (.kinds(["buy", "view"]), seen), (.kinds(["nothing"]), []), (.kinds([]), []),
            ] as [(LeaveOut?, [String])] {
                request.leaveOut = leaveOut
                // Of as many items as a call returns, those of the history are among the best where they are kept.
                #expect(Set(seen).subtracting(try await ids(engine, request)) == Set(left), "\(String(describing: leaveOut))")
            }
        }

        @Test func whatIsDislikedGoesAtOnce() async throws {
            let (engine, _) = try await engine()
            let before = try await ids(engine, RecommendRequest())
            try await engine.record(Event(itemID: before[0], kind: Event.dislike, timestampMs: Self.now - 1))
            let after = try await engine.recommend(RecommendRequest(limit: 1000, leaveOut: .nothing, nowMs: Self.now)).hits
            #expect(!after.map(\.id).contains(before[0]))
            let sunk = after.flatMap(\.reasons).filter { $0.kind == .dislike }
            #expect(!sunk.isEmpty && sunk.allSatisfy { $0.terms == [before[0]] && $0.weight <= 0 })
        }

        @Test func theContextOfTheRequestCounts() async throws {
            let (engine, _) = try await engine()
            let plain = try await ids(engine, RecommendRequest())
            let seeds = try await engine.search("climbing rope", limit: 2).hits.map(\.id)
            let seeded = try await engine.recommend(RecommendRequest(seeds: seeds + ["no such item"], nowMs: Self.now)).hits
            #expect(seeded.map(\.id) != plain && Set(seeded.map(\.id)).isDisjoint(with: seeds))
            #expect(seeded.contains { $0.reasons.contains { $0.kind == .seeds && Set($0.terms).isSubset(of: seeds) } })

            #expect(try await ids(engine, RecommendRequest(wish: " \n")) == plain)
            let wished = try await engine.recommend(RecommendRequest(wish: "warm gloves", nowMs: Self.now)).hits
            #expect(wished.map(\.id) != plain && wished.contains { $0.reasons.contains { $0.kind == .words } })

            let leant = RecommendRequest(lean: Lean("colour", "red", weight: 10), attributes: ["colour"], nowMs: Self.now)
            let red = try await engine.recommend(leant).hits
            #expect(red.allSatisfy { $0.attributes["colour"] == .text("red") && $0.reasons.contains { $0.kind == .lean && $0.weight > 0 } })

            let request = RecommendRequest(freshness: Freshness("released", halfLifeDays: 20, weight: 10), nowMs: Self.now)
            let new = try await engine.recommend(request).hits
            #expect(new.map(\.id) != plain && new[0].reasons.contains { $0.kind == .new && $0.weight > 0 })
        }

        @Test func listsAreSpread() async throws {
            let (engine, _) = try await engine()
            var request = RecommendRequest(limit: 12, attributes: ["brand"], nowMs: Self.now)
            let plain = try await engine.recommend(request).hits
            request.caps = [Cap("brand", atMost: 1)]
            let capped = try await engine.recommend(request).hits.compactMap { $0.attributes["brand"] }
            #expect(capped.count == 12 && Set(capped).count == 12)
            #expect(Set(plain.compactMap { $0.attributes["brand"] }).count < 12, "so the cap has something to do")
            request.caps = []
            request.diversity = 0.8
            #expect(try await engine.recommend(request).hits.map(\.id) != plain.map(\.id))
            request.diversity = 0
            #expect(try await engine.recommend(request).hits == plain)
        }

        @Test func explorationFollowsItsSeed() async throws {
            let (engine, _) = try await engine()
            var lists: [[String]] = []
            for seed in [0, 0, 1, UInt64.max] {
                let request = RecommendRequest(limit: 20, exploration: Exploration(share: 0.3, seed: seed), nowMs: Self.now)
                let hits = try await engine.recommend(request).hits
                #expect(hits.contains { $0.reasons.contains { $0.kind == .explored } })
                #expect(!hits[0].reasons.contains { $0.kind == .explored })
                lists.append(hits.map(\.id))
            }
            #expect(lists[0] == lists[1] && Set(lists).count == 3)
        }

        @Test func hitsNameTheEventsThatTheyAreThereFor() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let seen = try await engine.search("jacket", limit: 12).hits.map(\.id)
            let history = History.events(seen.map { Event(itemID: $0, kind: "view", timestampMs: Self.now - 1) })
            func named(_ because: Bool) async throws -> Set<String> {
                let request = RecommendRequest(history: history, because: because, nowMs: Self.now)
                let hits = try await engine.recommend(request).hits
                return Set(hits.flatMap(\.reasons).filter { $0.kind == .model }.flatMap(\.terms))
            }
            #expect(try await named(false).isEmpty)
            let events = try await named(true)
            #expect(!events.isEmpty && events.isSubset(of: seen))
        }

        @Test func strangersGetWhatIsPopular() async throws {
            let engine = try await Engine.open(Fixture.demo)
            #expect(try await engine.recommend().hits.allSatisfy { $0.reasons.contains { $0.kind == .popular } })
        }

        @Test func likenessMayFollowTheTaste() async throws {
            let (engine, seen) = try await engine()
            let plain = try await engine.similar(to: "g3919").hits
            #expect(try await engine.similar(to: "g3919", taste: 0).hits == plain)
            let tasty = try await engine.similar(to: "g3919", taste: 1).hits
            #expect(tasty.map(\.id) != plain.map(\.id))
            #expect(tasty.allSatisfy { $0.reasons.first?.kind == .similar && $0.reasons.contains { $0.kind == .model } })
            let events = seen.map { Event(itemID: $0, kind: "view", timestampMs: Self.now - 1) }
            var request = SimilarRequest(to: "g3919", taste: 1, history: .events(events), nowMs: Self.now)
            let theirs = try await engine.similar(request).hits.map(\.id)
            request.history = .empty
            #expect(try await engine.similar(request).hits.map(\.id) != theirs)
        }

        @Test func numbersAndNamesAreChecked() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for (request, named) in [
                (RecommendRequest(diversity: 1.01), "diversity"), (RecommendRequest(diversity: .nan), "diversity"),
                (RecommendRequest(caps: [Cap("brand", atMost: 0)]), "at_most"),
                (RecommendRequest(caps: [Cap("brand", atMost: .min)]), "at_most"),
                (RecommendRequest(caps: [Cap("price", atMost: 1)]), "at_most"),
                (RecommendRequest(caps: Array(repeating: Cap("brand", atMost: 1), count: 9)), "at_most"),
                (RecommendRequest(seeds: Array(repeating: "g3919", count: 33)), "seeds"),
                (RecommendRequest(wish: String(repeating: "a", count: 4_097)), "wish"),
                (RecommendRequest(lean: Lean("brand", "x", weight: 0)), "lean"), (RecommendRequest(lean: Lean("nothing", "x")), "lean"),
                (RecommendRequest(freshness: Freshness("released", halfLifeDays: 0)), "half_life_days"),
                (RecommendRequest(freshness: Freshness("brand")), "freshness"),
                (RecommendRequest(exploration: Exploration(share: 0.51, seed: 0)), "exploration"),
                (RecommendRequest(leaveOut: .kinds(Array(repeating: "buy", count: 257))), "leave_out"),
            ] {
                let reason = await invalidArgument { try await engine.recommend(request) }
                #expect(reason?.contains(named) == true, "\(String(describing: reason))")
            }
            for taste: Float in [-0.1, 1.1, .infinity, .nan] {
                #expect(await invalidArgument { try await engine.similar(to: "g3919", taste: taste) }?.contains("taste") == true)
            }
            for limit in [Int.min, 0, 101, .max] {
                #expect(await invalidArgument { try await engine.complete("a", limit: limit) } == "limit must be from 1 to 100")
            }
            #expect(await invalidArgument { try await engine.complete(String(repeating: "a", count: 4_097)) }?.contains("typed") == true)
        }
    }
}
