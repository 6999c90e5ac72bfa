import ShopModels
import SwiftUI

/// An item in the feed.
struct Tile: View {
    let card: Card

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Art(card: card)
                .aspectRatio(1, contentMode: .fit)
                .overlay(alignment: .bottomLeading) {
                    if let why = card.why { Chip(why: why).padding(8) }
                }
            Text(card.title).font(.subheadline.weight(.medium)).lineLimit(2)
            Text(card.facts).font(.footnote).foregroundStyle(.secondary)
        }
        .accessibilityElement(children: .combine)
    }
}

/// An item among results.
struct Row: View {
    let card: Card

    var body: some View {
        HStack(spacing: 12) {
            Art(card: card).frame(width: 56, height: 56)
            VStack(alignment: .leading, spacing: 2) {
                Text(card.markedTitle)
                Text(card.facts).font(.footnote).foregroundStyle(.secondary)
                // Where nothing of the title is marked, the words are elsewhere in the item.
                if card.highlights.isEmpty, let why = card.why { Chip(why: why) }
            }
        }
        .accessibilityElement(children: .combine)
    }
}

/// Why an item is there, in one line.
struct Chip: View {
    let why: Why

    var body: some View {
        Text(why.words)
            .font(.caption2)
            .lineLimit(2)
            .padding(.horizontal, 8)
            .padding(.vertical, 4)
            .background(.regularMaterial, in: .rect(cornerRadius: 8))
    }
}

/// Placeholder art, as there are no pictures: a colour and a sign, always the same for an item. Decorative, so nothing is read out.
struct Art: View {
    let card: Card
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        RoundedRectangle(cornerRadius: 16)
            .fill(ground.gradient)
            .overlay {
                Image(systemName: symbol)
                    .resizable()
                    .scaledToFit()
                    .symbolVariant(.none)
                    .padding()
                    .scaleEffect(0.6)
                    .foregroundStyle(.primary.opacity(0.55))
            }
            .accessibilityHidden(true)
    }

    private var ground: Color {
        let isDark = scheme == .dark
        if let colour = card.colour, let hue = Self.hues[colour] {
            return Color(hue: hue, saturation: 0.28, brightness: isDark ? 0.38 : 0.88)
        }
        return Color(hue: chance, saturation: 0.08, brightness: isDark ? 0.34 : 0.9)
    }

    /// A number in [0, 1) that the id decides (FNV-1a).
    private var chance: Double {
        let hash = card.id.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return Double(hash % 1_000) / 1_000
    }

    private var symbol: String {
        for text in card.categories + [card.title] {
            for word in text.lowercased().split(separator: " ") {
                if let symbol = Self.symbols[String(word)] { return symbol }
            }
        }
        return "mountain.2"
    }

    private static let hues: [String: Double] = [
        "red": 0.0, "rust": 0.04, "orange": 0.08, "brown": 0.07, "sand": 0.11, "yellow": 0.14, "olive": 0.2, "green": 0.37, "teal": 0.49,
        "turquoise": 0.48, "blue": 0.58, "navy": 0.63, "purple": 0.77, "pink": 0.93,
    ]

    private static let symbols: [String: String] = [
        "tents": "tent", "tent": "tent", "tarp": "tent", "sleeping": "moon.zzz", "sleep": "moon.zzz", "jacket": "tshirt", "shell": "tshirt",
        "clothing": "tshirt", "tops": "tshirt", "pants": "figure.walk", "shoes": "figure.walk", "boots": "figure.walk",
        "footwear": "figure.walk", "pack": "bag", "packs": "bag", "bags": "bag", "lights": "flashlight.on.fill",
        "headlamp": "flashlight.on.fill", "lantern": "flashlight.on.fill", "stove": "flame", "cooking": "flame", "kitchen": "flame",
        "bottle": "drop", "water": "drop", "filter": "drop", "bike": "bicycle", "cycling": "bicycle", "wheel": "bicycle",
        "snow": "snowflake", "ski": "snowflake", "skis": "snowflake", "map": "map", "maps": "map", "glasses": "eyeglasses",
        "goggles": "eyeglasses", "rain": "umbrella", "umbrella": "umbrella", "charger": "bolt", "power": "bolt", "safety": "cross",
        "repair": "wrench", "tools": "wrench", "watch": "clock",
    ]
}
