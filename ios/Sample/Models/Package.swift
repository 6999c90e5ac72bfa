// swift-tools-version:6.0
// The models of the sample's screens, which compile and are tested on Linux as well (scripts/test-swift).
import PackageDescription

let package = Package(
    name: "shop-models",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "ShopModels", targets: ["ShopModels"])],
    // This repository's own package; an app of your own names its URL and version.
    dependencies: [.package(name: "gensr", path: "../../..")],
    targets: [
        .target(name: "ShopModels", dependencies: [.product(name: "Gensr", package: "gensr")]),
        .testTarget(
            name: "ShopModelsTests", dependencies: ["ShopModels"],
            // Linux: in Swift 6.0 the library of Observation names a function that no library has, and that only its last words call.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--allow-shlib-undefined"], .when(platforms: [.linux]))]),
    ]
)
