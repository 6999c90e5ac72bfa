import ShopModels
import SwiftUI

/// The page of an item: what it is, what one can do, why it is there, what is like it.
struct ItemScreen: View {
    @State private var page: ItemModel

    init(page: ItemModel) {
        _page = State(initialValue: page)
    }

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 16) {
                Art(card: page.card).frame(height: 220)
                VStack(alignment: .leading, spacing: 4) {
                    Text(page.card.title).font(.title2.bold()).accessibilityAddTraits(.isHeader)
                    Text(page.card.facts).foregroundStyle(.secondary)
                }
                actions
                if !page.card.shares.isEmpty {
                    DisclosureGroup("Why it is here") { Shares(shares: page.card.shares).padding(.top, 8) }
                }
                if !page.similar.isEmpty { similar }
                if !page.details.isEmpty { details }
            }
            .padding(.horizontal)
        }
        .navigationBarTitleDisplayMode(.inline)
        .safeAreaInset(edge: .top, spacing: 0) { TroubleLine(trouble: page.trouble) }
        .task { await page.load() }
    }

    private var actions: some View {
        // Side by side where there is room, below each other where letters are large.
        ViewThatFits(in: .horizontal) {
            HStack { buttons }
            VStack(alignment: .leading) { buttons }
        }
    }

    private var buttons: some View {
        ForEach(ItemModel.Act.allCases, id: \.self) { act in
            let isDone = page.done.contains(act)
            Button {
                Task { await page.act(act) }
            } label: {
                Label(act.words, systemImage: act.symbol)
                    .symbolVariant(isDone ? .fill : .none)
            }
            .buttonStyle(.bordered)
            .tint(act == .dislike ? Color.red : Color.accentColor)
            .disabled(isDone)
            .accessibilityAddTraits(isDone ? .isSelected : [])
        }
    }

    private var similar: some View {
        VStack(alignment: .leading) {
            Text("Similar").font(.headline).accessibilityAddTraits(.isHeader)
            ScrollView(.horizontal) {
                LazyHStack(alignment: .top, spacing: 12) {
                    ForEach(page.similar) { card in
                        NavigationLink(value: Visit(card: card)) { Tile(card: card).frame(width: 140) }
                            .buttonStyle(.plain)
                    }
                }
            }
            .scrollIndicators(.hidden)
        }
    }

    private var details: some View {
        VStack(alignment: .leading, spacing: 8) {
            Text("Details").font(.headline).accessibilityAddTraits(.isHeader)
            ForEach(page.details, id: \.name) { detail in
                LabeledContent(detail.name.replacingOccurrences(of: "_", with: " "), value: detail.value.words)
                    .font(.subheadline)
            }
        }
    }
}

/// The parts of the score, each with a bar.
private struct Shares: View {
    let shares: [Share]

    var body: some View {
        VStack(alignment: .leading, spacing: 10) {
            ForEach(shares) { share in
                VStack(alignment: .leading, spacing: 4) {
                    HStack(alignment: .firstTextBaseline) {
                        Text(share.words)
                        Spacer()
                        Text(share.weight.formatted(.number.precision(.fractionLength(1)))).monospacedDigit().foregroundStyle(.secondary)
                    }
                    .font(.subheadline)
                    ProgressView(value: share.length)
                        .tint(share.weight < 0 ? Color.red : Color.accentColor)
                        .accessibilityHidden(true)
                }
                .accessibilityElement(children: .combine)
            }
        }
    }
}
