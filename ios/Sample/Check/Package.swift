// swift-tools-version:6.0
// The sample's screens against declarations of what they use of SwiftUI (Sources/SwiftUI), where there is no SwiftUI: so that they do not
// fall behind the models (scripts/test-swift). It shows that the screens fit the models and those declarations, not that SwiftUI has them.
import PackageDescription

let package = Package(
    name: "shop-check",
    dependencies: [.package(name: "gensr", path: "../../.."), .package(name: "shop-models", path: "../Models")],
    targets: [
        .target(name: "SwiftUI", swiftSettings: [.swiftLanguageMode(.v5)]),
        .target(
            name: "Shop",
            dependencies: [
                "SwiftUI", .product(name: "Gensr", package: "gensr"), .product(name: "ShopModels", package: "shop-models"),
            ],
            exclude: ["Assets.xcassets", "Localizable.xcstrings", "PrivacyInfo.xcprivacy"],
            // As the Xcode project has it.
            swiftSettings: [.swiftLanguageMode(.v5)]),
    ]
)
