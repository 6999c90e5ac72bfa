import ShopModels
import SwiftUI

/// The shop while it opens, once it is open, and if it failed to open.
struct RootScreen: View {
    let shop: Shop

    var body: some View {
        Group {
            switch shop.state {
            case .opening:
                ProgressView()
            case .open(let shop):
                TabView {
                    DiscoverScreen(shop: shop)
                        .tabItem { Label("Discover", systemImage: "sparkles") }
                    PrivacyScreen(privacy: shop.privacy)
                        .tabItem { Label("Privacy", systemImage: "hand.raised") }
                }
                .task(priority: .utility) { await shop.warmUp() }
            case .failed(let trouble):
                ContentUnavailableView {
                    Label("The shop does not open", systemImage: "exclamationmark.triangle")
                } description: {
                    Text(trouble.words)
                } actions: {
                    Button("Try again") { Task { await shop.start() } }
                        .buttonStyle(.borderedProminent)
                }
            }
        }
        .task { await shop.start() }
    }
}

/// A line that says what went wrong, above everything else; nothing where nothing did.
struct TroubleLine: View {
    let trouble: Trouble?

    var body: some View {
        if let trouble {
            Label(trouble.words, systemImage: "exclamationmark.triangle")
                .font(.footnote)
                .padding(.horizontal, 12)
                .padding(.vertical, 8)
                .frame(maxWidth: .infinity, alignment: .leading)
                .background(.orange.opacity(0.15))
        }
    }
}
