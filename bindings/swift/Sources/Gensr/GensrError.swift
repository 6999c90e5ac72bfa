import Foundation

/// Why a call failed. These six are all there are.
///
/// Reasons name what is wrong and what would be right, never a query, an item id or any other part of a user's history; they may
/// be logged. They are for developers, in English: show users words of your own.
///
/// ```swift
/// do {
///     show(try await engine.search(text).hits)
/// } catch .cancelled {
///     // The user typed on; the next search is under way.
/// } catch {
///     print("search: \(error)")
/// }
/// ```
public enum GensrError: Error, Sendable, Hashable {
    /// The engine was closed.
    case closed

    /// A request is outside its documented limits, or names something that does not exist.
    case invalidArgument(reason: String)

    /// The file is not a pack, or a damaged one.
    case badPack(reason: String)

    /// The pack, the profile or ONNX Runtime is of a version that this engine cannot use.
    case incompatible(found: String, supported: String)

    /// The task of the call was cancelled.
    ///
    /// This and not `CancellationError`, so that every call throws one type of error and a `switch` over it is complete.
    case cancelled

    /// A failure that is not the caller's doing: a full disk, a missing library, a bug.
    case `internal`(reason: String)
}

extension GensrError: CustomStringConvertible, LocalizedError {
    /// The error on one line.
    public var description: String {
        switch self {
        case .closed: "the engine is closed"
        case .invalidArgument(let reason): "invalid argument: \(reason)"
        case .badPack(let reason): "bad pack: \(reason)"
        case .incompatible(let found, let supported): "incompatible: found \(found), supported \(supported)"
        case .cancelled: "cancelled"
        case .internal(let reason): "internal error: \(reason)"
        }
    }

    /// The same as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}
