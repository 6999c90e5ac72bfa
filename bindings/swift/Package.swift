// swift-tools-version:6.0
// `generated/` is written by scripts/generate-bindings; scripts/test-swift does it before each run.
import PackageDescription

let package = Package(
    name: "gensr",
    platforms: [.iOS(.v16), .macOS(.v13)],
    targets: [
        // The C header and module map of the boundary crate.
        .systemLibrary(name: "GensrFFI", path: "generated/GensrFFI"),
        // The generated Swift, in a target of its own so that its isolation and language mode stay its own.
        .target(
            name: "GensrBindings",
            dependencies: ["GensrFFI"],
            path: "generated/GensrBindings",
            linkerSettings: [.linkedLibrary("gensr_ffi")]
        ),
        .testTarget(name: "GensrTests", dependencies: ["GensrBindings"]),
    ],
    swiftLanguageModes: [.v6]
)
