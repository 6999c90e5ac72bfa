import Gensr
import ShopModels
import SwiftUI

/// The app: one shop, opened once.
@main
struct ShopApp: App {
    @State private var shop = Shop(settings: DefaultsSettings()) { () async throws(GensrError) in
        let options = EngineOptions(profileDirectory: try Engine.profileDirectory())
        let engine = try await Engine.open(.bundled("demo"), options: options)
        engine.trimWithApplication()
        return engine
    }

    var body: some Scene {
        WindowGroup {
            RootScreen(shop: shop)
        }
    }
}
