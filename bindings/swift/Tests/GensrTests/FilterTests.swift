import Foundation
import Gensr
import Testing

extension AllTests {
    /// Filters, pages and counts.
    @Suite struct FilterTests {
        @Test func filtersAreWrittenAsTheEngineReadsThem() {
            let (brand, brands, budget) = ("Big \"& Co\\", ["A", "B C"], 99.5)
            let shells: Filter = "categories = Shells"
            for (filter, text) in [
                ("brand = \(brand) AND price <= \(budget)", #"brand = "Big \"& Co\\" AND price <= 99.5"#),
                ("brand IN \(brands)", #"brand IN ["A", "B C"]"#), ("brand NOT IN \([String]())", "brand NOT IN []"),
                ("\("full name") = \(brand.prefix(3))", #""full name" = "Big""#),
                ("in_stock = \(true) OR rating > \(-4)", "in_stock = true OR rating > -4"),
                ("rating > \(Float(0.1)) AND price < \(UInt64.max)", "rating > 0.1 AND price < 18446744073709551615"),
                ("\(shells) OR NOT \(shells)", "(categories = Shells) OR NOT (categories = Shells)"),
                (shells && "price EXISTS" || !shells, "((categories = Shells) AND (price EXISTS)) OR (NOT (categories = Shells))"),
                ("a = \(AttributeValue.date(epochDay: 19_782))", "a = 2024-02-29"), ("a = \(AttributeValue.date(epochDay: -1))", "a = 1969-12-31"),
                ("a IN \(AttributeValue.textSet(["x"])) OR a = \(AttributeValue.text("x"))", #"a IN ["x"] OR a = "x""#),
                ("a = \(AttributeValue.number(2.5)) OR a = \(AttributeValue.bool(false))", "a = 2.5 OR a = false"),
                (Filter(expression: "brand = " + Filter.quoted("\"\u{301}")), "brand = \"\\\"\u{301}\""),
            ] as [(Filter, String)] {
                #expect(Array(filter.expression.utf8) == Array(text.utf8))
                #expect(filter == Filter(expression: text) && "\(filter)" == filter.expression)
            }
        }

        /// Against a look at every item, page by page.
        @Test(.demo) func answersHaveWhatPassesAndNothingElse() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let every = try await pages(engine, nil)
            #expect(try await engine.diagnostics().items == every.count)
            let brand = try #require(every[0].text("brand"))
            let categories = Array(try #require(every[0].texts("categories")))
            let day = AttributeValue.date(epochDay: try #require(every[0].day))
            for (filter, passes) in [
                ("brand = \(brand)", { $0.text("brand") == brand }),
                ("brand != \(brand)", { $0.text("brand") != brand }),
                ("categories IN \(categories)", { !($0.texts("categories") ?? []).isDisjoint(with: categories) }),
                ("price \(20) TO \(50.5) AND in_stock = \(true)",
                    { $0.price.map { 20 <= $0 && $0 <= 50.5 } == true && $0.inStock == true }),
                ("released >= \(day) OR price < \(10)", { $0.day.map { $0 >= every[0].day! } == true || $0.price.map { $0 < 10 } == true }),
                (!"brand = \(brand)" && !"released < \(day)", { $0.text("brand") != brand && $0.day.map { $0 < every[0].day! } != true }),
                ("colour EXISTS AND NOT (rating >= 4)", { $0.text("colour") != nil && $0.number("rating").map { $0 >= 4 } != true }),
                ("brand IN \([String]())", { _ in false }),
            ] as [(Filter, (Hit) -> Bool)] {
                let found = try await pages(engine, filter)
                #expect(found.map(\.id) == every.filter(passes).map(\.id), "\(filter)")
            }
        }

        @Test(.demo) func valuesAreCounted() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let every = try await pages(engine, nil)
            let request = RecommendRequest(limit: 1, history: .empty, attributes: [], facets: ["brand", "price", "categories"])
            let facets = try await engine.recommend(request).facets
            try #require(facets.map(\.name) == ["brand", "price", "categories"])
            for (facet, values) in [
                (facets[0], every.compactMap { $0.text("brand") }), (facets[2], every.flatMap { $0.texts("categories") ?? [] }),
            ] {
                let counts = Dictionary(grouping: values) { $0 }.mapValues(\.count)
                // The most frequent ones.
                #expect(facet.distinct == counts.count && facet.values.map(\.items) == Array(counts.values.sorted(by: >).prefix(100)))
                #expect(Set(facet.values.map(\.value)).count == facet.values.count)
                #expect(facet.values.allSatisfy { counts[$0.value] == $0.items })
                #expect(facet.least == nil && facet.greatest == nil)
            }
            let prices = every.compactMap(\.price)
            #expect(facets[1].values == [] && facets[1].items == prices.count)
            #expect(facets[1].least == prices.min().map { .number($0) } && facets[1].greatest == prices.max().map { .number($0) })
        }

        @Test(.demo) func everyCallPagesFiltersAndCounts() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let filter: Filter = "price < \(60) AND in_stock = \(true)"
            let whole = try await engine.search("shell", limit: 20, filter: filter, facets: ["brand"])
            #expect(whole.hits.count == 20 && whole.totalHits >= 20 && whole.facets[0].items > 0)
            let second = try await engine.search("shell", limit: 10, offset: 10, filter: filter)
            #expect(second.hits == Array(whole.hits[10...]) && second.totalHits == whole.totalHits && second.facets == [])
            #expect(try await engine.search("shell", offset: whole.totalHits, filter: filter).hits == [])
            #expect(try await engine.search("shell", offset: 4_000_000).hits == [])

            var alike = SimilarRequest(to: "g3919", limit: 6, filter: filter, facets: ["brand"])
            let near = try await engine.similar(alike)
            (alike.limit, alike.offset) = (3, 3)
            #expect(try await engine.similar(alike).hits == Array(near.hits[3...]) && near.facets[0].items == near.totalHits)

            let box = engine.typing()
            for try await response in box.responses(to: SearchRequest("shell", limit: 10, offset: 10, filter: filter)) where response.isRanked {
                #expect(response.hits == second.hits)
            }
        }

        @Test(.demo, arguments: OddStringTests.odd)
        func whatUsersTypeStaysAValue(text: String) async throws {
            let engine = try await Engine.open(Fixture.demo)
            let all = try await engine.recommend().totalHits
            for odd in [text, text + "\\", "\" OR price > 0 OR brand = \"" + text] {
                #expect(try await engine.recommend(RecommendRequest(filter: "brand = \(odd)")).totalHits == 0)
                #expect(try await engine.recommend(RecommendRequest(filter: "NOT brand IN \([odd, "x"])")).totalHits == all)
                let reason = await invalidArgument { try await engine.recommend(RecommendRequest(filter: "price < \(odd)")) }
                #expect(reason?.contains("column 9") == true && reason?.contains("OR price") == false)
            }
        }

        @Test(.demo) func errorsPointAtThePlace() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for (filter, column) in [
                ("", 1), ("brand == x", 8), ("nothing = 1", 1), ("price = secret", 9), ("brand = secret AND", 19), ("(price < 3", 1),
                (Filter(expression: String(repeating: "a", count: 65_537)), 1),
            ] as [(Filter, Int)] {
                let reason = await invalidArgument { try await engine.search("tent", filter: filter) }
                #expect(reason?.contains("column \(column):") == true && reason?.contains("secret") == false, "\(filter): \(reason ?? "")")
            }
            for offset in [Int.min, -1, 4_000_001, .max] {
                #expect(await invalidArgument { try await engine.search("tent", offset: offset) }?.contains("at most 4000000") == true)
            }
            #expect(await invalidArgument { try await engine.search("tent", facets: ["brand", "nothing"]) } != nil)
        }

        /// Every item, in the order of the response.
        private func pages(_ engine: Engine, _ filter: Filter?) async throws -> [Hit] {
            var hits: [Hit] = []
            while true {
                let request = RecommendRequest(
                    limit: 1000, offset: hits.count, filter: filter, history: .empty, diversity: 0,
                    attributes: ["brand", "categories", "colour", "in_stock", "price", "rating", "released"], now: Date(ms: 0))
                let response = try await engine.recommend(request)
                hits += response.hits
                if response.hits.count < 1000 {
                    #expect(response.totalHits == hits.count)
                    return hits
                }
            }
        }
    }
}

extension Hit {
    fileprivate func text(_ name: String) -> String? {
        if case .text(let text)? = attributes[name] { text } else { nil }
    }

    fileprivate func texts(_ name: String) -> Set<String>? {
        if case .textSet(let texts)? = attributes[name] { Set(texts) } else { nil }
    }

    fileprivate func number(_ name: String) -> Float? {
        if case .number(let number)? = attributes[name] { number } else { nil }
    }

    fileprivate var price: Float? { number("price") }

    fileprivate var day: Int? {
        if case .date(let day)? = attributes["released"] { day } else { nil }
    }

    fileprivate var inStock: Bool? {
        if case .bool(let flag)? = attributes["in_stock"] { flag } else { nil }
    }
}
