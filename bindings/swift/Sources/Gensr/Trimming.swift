import Foundation
internal import GensrBindings

extension Engine {
    /// From now on gives memory back by itself when the system wishes it: the app leaves the screen, memory is short.
    ///
    /// ```swift
    /// engine.trimWithApplication()
    /// ```
    ///
    /// | when | ``TrimLevel`` |
    /// |---|---|
    /// | the app, or the host of an extension, enters the background | ``TrimLevel/background`` |
    /// | memory is short in the foreground | ``TrimLevel/caches`` |
    /// | memory is short in the background | ``TrimLevel/everything`` |
    ///
    /// On the way to the background it asks the system for the moment that it needs, so that no lock is held when the app is suspended. Call it
    /// once; it ends with the engine. Apps that want other rules call ``trimMemory(_:)`` themselves.
    ///
    /// - Parameter center: Where the notifications of UIKit are posted; another one for tests.
    public func trimWithApplication(notifications center: NotificationCenter = .default) {
        let follow = Trimming(center) { [weak self] level in
            // An engine that is closed has nothing to give back.
            guard let native = self?.native else { return }
            Trimming.beforeSuspension { try? native.trimMemory(level: level.lowered) }
        }
        trimming.withLock { $0 = $0 ?? follow }
    }
}

/// Follows what UIKit posts about the app, for as long as it lives.
///
/// The notifications are named by their texts, which are part of UIKit's binary interface: so this file needs no UIKit, which not every extension
/// has, and is tested where there is none.
final class Trimming: @unchecked Sendable {
    static let background: [Notification.Name] = [
        .init("UIApplicationDidEnterBackgroundNotification"), .init("NSExtensionHostDidEnterBackgroundNotification"),
    ]
    static let foreground: [Notification.Name] = [
        .init("UIApplicationWillEnterForegroundNotification"), .init("NSExtensionHostWillEnterForegroundNotification"),
    ]
    static let memoryWarning = Notification.Name("UIApplicationDidReceiveMemoryWarningNotification")

    private let center: NotificationCenter
    /// Written by `init` alone.
    private var observers: [any NSObjectProtocol] = []

    init(_ center: NotificationCenter, trim: @escaping @Sendable (TrimLevel) -> Void) {
        self.center = center
        let isInBackground = Locked(false)
        func observe(_ names: [Notification.Name], _ act: @escaping @Sendable () -> Void) {
            observers += names.map { center.addObserver(forName: $0, object: nil, queue: nil) { _ in act() } }
        }
        observe(Self.background) {
            isInBackground.withLock { $0 = true }
            trim(.background)
        }
        observe(Self.foreground) { isInBackground.withLock { $0 = false } }
        observe([Self.memoryWarning]) { trim(isInBackground.withLock { $0 } ? .everything : .caches) }
    }

    deinit {
        for observer in observers { center.removeObserver(observer) }
    }

    /// Does something short away from the main thread; the system waits for it before it suspends the app.
    static func beforeSuspension(_ work: @escaping @Sendable () -> Void) {
        #if os(iOS) || os(tvOS) || os(watchOS) || os(visionOS)
        ProcessInfo.processInfo.performExpiringActivity(withReason: "gensr gives memory back") { expired in
            if !expired { work() }
        }
        #else
        DispatchQueue.global(qos: .utility).async(execute: work)
        #endif
    }
}
