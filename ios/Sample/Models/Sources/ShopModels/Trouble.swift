import Gensr

/// A failure as a screen words it; the engine's text is for the log.
public enum Trouble: Error, Hashable, Sendable {
    /// The catalogue is missing or damaged: reinstalling helps.
    case catalogue
    /// The catalogue is newer than the app: updating helps.
    case outdated
    /// Nothing that the user could mend, but for a full disk.
    case failed

    /// Nothing for a call that was called off: that is no trouble.
    public init?(_ error: GensrError) {
        switch error {
        case .cancelled: return nil
        case .badPack: self = .catalogue
        case .incompatible: self = .outdated
        case .closed, .invalidArgument, .internal: self = .failed
        }
    }

    init?(_ error: any Error) {
        if error is CancellationError { return nil }
        guard let error = error as? GensrError else {
            self = .failed
            return
        }
        self.init(error)
    }
}
