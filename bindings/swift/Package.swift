// swift-tools-version:6.0
// The binding for development and for Linux; apps take the package at the root of the repository, which has the same sources.
// `generated/` is written by scripts/swift; without it this package does not resolve.
import PackageDescription

let package = Package(
    name: "gensr",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Gensr", targets: ["Gensr"])],
    targets: [
        // The public layer, written by hand.
        .target(name: "Gensr", dependencies: ["GensrBindings"], exclude: ["PrivacyInfo.xcprivacy"]),
        // The generated Swift: in a target of its own so that its isolation and language mode stay its own, whatever an application's
        // are, and so that nobody sees its types.
        .target(
            name: "GensrBindings",
            dependencies: ["GensrFFI"],
            path: "generated/GensrBindings",
            linkerSettings: [.linkedLibrary("gensr_ffi")]
        ),
        // The C header and module map of the boundary crate.
        .systemLibrary(name: "GensrFFI", path: "generated/GensrFFI"),
        .testTarget(name: "GensrTests", dependencies: ["Gensr"]),
    ],
    swiftLanguageModes: [.v6]
)
