import Gensr
import ShopModels
import SwiftUI

// Texts for the values of the models, all in Localizable.xcstrings.

extension Trouble {
    var words: LocalizedStringKey {
        switch self {
        case .catalogue: LocalizedStringKey("The catalogue is damaged. Install the app again.")
        case .outdated: LocalizedStringKey("The catalogue is newer than this app. Update the app.")
        case .failed: LocalizedStringKey("Something went wrong. Is there room left on this device?")
        }
    }
}

extension Why {
    var words: LocalizedStringKey {
        switch self {
        case .words(let words):
            let terms = words.joined(separator: " ")
            return LocalizedStringKey("matches \(terms)")
        case .title(let words):
            let terms = words.joined(separator: " ")
            return LocalizedStringKey("title matches \(terms)")
        case .because("buy", let title): return LocalizedStringKey("because you bought \(title)")
        case .because("like", let title): return LocalizedStringKey("because you liked \(title)")
        case .because("search", let title): return LocalizedStringKey("because you found \(title)")
        case .because(_, let title): return LocalizedStringKey("because you viewed \(title)")
        case .known: return LocalizedStringKey("you know it")
        case .surprise: return LocalizedStringKey("a surprise")
        case .new: return LocalizedStringKey("new")
        case .popular: return LocalizedStringKey("popular")
        }
    }
}

extension Share {
    /// The reason; where it has no words of its own, what kind it is.
    var words: LocalizedStringKey {
        if let why { return why.words }
        switch kind {
        case .model: return LocalizedStringKey("Your taste, as the model reads it")
        case .similar: return LocalizedStringKey("Alike to the model")
        case .id: return LocalizedStringKey("The query is its id")
        case .dislike: return LocalizedStringKey("Like what you do not want")
        case .boost: return LocalizedStringKey("Matches what you prefer")
        default: return LocalizedStringKey("Other")
        }
    }
}

extension ItemModel.Act {
    var words: LocalizedStringKey {
        switch self {
        case .like: LocalizedStringKey("Like")
        case .buy: LocalizedStringKey("Buy")
        case .dislike: LocalizedStringKey("Not for me")
        }
    }

    var symbol: String {
        switch self {
        case .like: "heart"
        case .buy: "bag"
        case .dislike: "hand.thumbsdown"
        }
    }
}

extension PrivacyModel.Past {
    var words: LocalizedStringKey {
        if let query { return LocalizedStringKey("found with “\(query)”") }
        switch kind {
        case "view": return LocalizedStringKey("viewed")
        case "like": return LocalizedStringKey("liked")
        case "buy": return LocalizedStringKey("bought")
        case "dislike": return LocalizedStringKey("not wanted")
        default: return LocalizedStringKey("done")
        }
    }

    var symbol: String {
        if query != nil { return "magnifyingglass" }
        switch kind {
        case "like": return "heart"
        case "buy": return "bag"
        case "dislike": return "hand.thumbsdown"
        default: return "eye"
        }
    }
}

extension Recording {
    var words: LocalizedStringKey {
        switch self {
        case .on: LocalizedStringKey("Learn from what I do")
        case .paused: LocalizedStringKey("Pause")
        case .incognito: LocalizedStringKey("Incognito")
        }
    }

    var explanation: LocalizedStringKey {
        switch self {
        case .on: LocalizedStringKey("What you view, like and buy shapes your feed and your searches. It stays on this device.")
        case .paused: LocalizedStringKey("Nothing new is recorded. What is known so far still shapes your feed.")
        case .incognito: LocalizedStringKey("As if you were a stranger: nothing is recorded, read or shown.")
        }
    }
}

extension Completion {
    var symbol: String {
        switch kind {
        case .query: "clock"
        case .category: "tag"
        case .title, .other: "magnifyingglass"
        }
    }
}

extension AttributeValue {
    /// For a table of details.
    var words: String {
        switch self {
        case .text(let text): return text
        case .textSet(let texts): return texts.formatted(.list(type: .and, width: .narrow))
        case .number(let number): return number.formatted(.number.precision(.fractionLength(0...2)))
        case .date(let epochDay):
            // A day has no time zone: it is formatted in the one that it is counted in.
            var style = Date.FormatStyle(date: .abbreviated, time: .omitted)
            style.timeZone = .gmt
            return Date(timeIntervalSince1970: Double(epochDay) * 86_400).formatted(style)
        case .bool(let flag): return flag ? String(localized: "yes") : String(localized: "no")
        }
    }
}

extension Card {
    /// Brand and price.
    var facts: String {
        [brand, price?.formatted(.number.precision(.fractionLength(2)))].compactMap(\.self).joined(separator: " · ")
    }

    /// The title with what was typed in bold.
    var markedTitle: AttributedString {
        var marked = AttributedString()
        var end = title.startIndex
        for part in highlights where part.lowerBound >= end && part.upperBound <= title.endIndex {
            marked += AttributedString(String(title[end..<part.lowerBound]))
            var found = AttributedString(String(title[part]))
            found.inlinePresentationIntent = .stronglyEmphasized
            marked += found
            end = part.upperBound
        }
        return marked + AttributedString(String(title[end...]))
    }
}
