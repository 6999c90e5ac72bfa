import Foundation

/// The key that encrypts a profile at rest: 32 random bytes that the app makes once and keeps in the keychain. It is never printed.
///
/// ```swift
/// let key = SymmetricKey(size: .bits256) // kept in the keychain, as `kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly`
/// let options = EngineOptions(profileDirectory: folder, key: ProfileKey(key))
/// ```
public struct ProfileKey: Sendable, Hashable {
    let bytes: Data

    /// A key of these bytes: a `SymmetricKey`, `Data`, an array. They must be random, not a passphrase, as there is no key stretching. The
    /// call that takes the key checks that they are 32.
    public init(_ bytes: some ContiguousBytes) {
        self.bytes = bytes.withUnsafeBytes { Data($0) }
    }
}

extension ProfileKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing of the key.
    public var description: String { "ProfileKey(…)" }

    /// Nothing of the key.
    public var debugDescription: String { description }

    /// Nothing of the key, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
