import Foundation

/// The user's choices, kept between starts.
@MainActor public protocol Settings: AnyObject {
    subscript(_ name: String) -> String? { get set }
}

/// In the user defaults of the app. (Their reason in the app's privacy manifest is CA92.1.)
@MainActor public final class DefaultsSettings: Settings {
    private let defaults: UserDefaults

    public init(_ defaults: UserDefaults = .standard) {
        self.defaults = defaults
    }

    public subscript(_ name: String) -> String? {
        get { defaults.string(forKey: name) }
        set { defaults.set(newValue, forKey: name) }
    }
}
