// swift-tools-version:5.9
// Swift 5 mode, so that the library is seen to work there too. Built from the binding beside it: see scripts/swift.
import PackageDescription

let package = Package(
    name: "shop",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "gensr", path: "../../../bindings/swift")],
    targets: [.executableTarget(name: "shop", dependencies: [.product(name: "Gensr", package: "gensr")])]
)
