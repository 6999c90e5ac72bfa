import Gensr
import ShopModels
import SwiftUI

/// A visit to the page of an item; with the search that led to it.
struct Visit: Hashable {
    let card: Card
    var query: String?
}

/// The search box, with the feed below it, or with results while somebody types.
struct DiscoverScreen: View {
    let shop: OpenShop
    @Bindable private var search: SearchModel

    init(shop: OpenShop) {
        self.shop = shop
        _search = Bindable(wrappedValue: shop.search)
    }

    var body: some View {
        NavigationStack {
            Group {
                if search.isActive {
                    ResultsView(search: search)
                } else {
                    FeedView(feed: shop.feed)
                }
            }
            .navigationTitle("For you")
            .searchable(text: $search.text, placement: .navigationBarDrawer(displayMode: .always), prompt: "Search")
            .autocorrectionDisabled()
            .textInputAutocapitalization(.never)
            .navigationDestination(for: Visit.self) { visit in
                ItemScreen(page: shop.page(of: visit.card, query: visit.query))
            }
        }
        // One loop for as long as the tab is there; each text ends the answers to the one before.
        .task { await search.run() }
        .task(id: search.text) { await search.complete() }
    }
}

/// Results of the search.
private struct ResultsView: View {
    let search: SearchModel

    var body: some View {
        List {
            if !search.completions.isEmpty {
                CompletionsView(search: search)
                    .listRowInsets(EdgeInsets())
                    .listRowSeparator(.hidden)
            }
            ForEach(search.cards) { card in
                NavigationLink(value: Visit(card: card, query: search.cardsQuery)) { Row(card: card) }
            }
        }
        .listStyle(.plain)
        .overlay {
            if search.isEmpty { ContentUnavailableView("Nothing fits. Try fewer words.", systemImage: "magnifyingglass") }
        }
        .safeAreaInset(edge: .top, spacing: 0) { TroubleLine(trouble: search.trouble) }
        .accessibilityElement(children: .contain)
        .accessibilityLabel("Results")
        .onChange(of: search.totalHits) { _, total in
            if let total { AccessibilityNotification.Announcement(String(localized: "\(total) found")).post() }
        }
    }
}

/// Texts that go on from what was typed, in a strip.
private struct CompletionsView: View {
    let search: SearchModel

    var body: some View {
        ScrollView(.horizontal) {
            HStack {
                ForEach(search.completions, id: \.self) { completion in
                    Button {
                        search.take(completion)
                    } label: {
                        Label(completion.text, systemImage: completion.symbol)
                    }
                    .buttonStyle(.bordered)
                    .buttonBorderShape(.capsule)
                    .accessibilityHint("Searches for it")
                }
            }
            .font(.subheadline)
            .padding(.horizontal)
            .padding(.vertical, 8)
        }
        .scrollIndicators(.hidden)
    }
}

/// Recommendations for the history.
private struct FeedView: View {
    let feed: FeedModel

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 12) {
                Group {
                    if feed.events == 0 {
                        Text("Nothing is known about you yet: this is what many people choose.")
                    } else {
                        Text("Shaped by \(feed.events) things you did here.")
                    }
                }
                .font(.subheadline)
                .foregroundStyle(.secondary)
                LazyVGrid(columns: [GridItem(.adaptive(minimum: 150), spacing: 12)], spacing: 16) {
                    ForEach(feed.cards) { card in
                        NavigationLink(value: Visit(card: card)) { Tile(card: card) }
                            .buttonStyle(.plain)
                            .contextMenu { against(card) }
                            .accessibilityAction(named: Text("Not for me")) { Task { await feed.dislike(card) } }
                            .task { await feed.appeared(card) }
                    }
                }
            }
            .padding(.horizontal)
        }
        .animation(.snappy, value: feed.cards.map(\.id))
        .refreshable { await feed.refresh() }
        .safeAreaInset(edge: .top, spacing: 0) { TroubleLine(trouble: feed.trouble) }
    }

    private func against(_ card: Card) -> some View {
        Button(role: .destructive) {
            Task { await feed.dislike(card) }
        } label: {
            Label("Not for me", systemImage: "hand.thumbsdown")
        }
    }
}
