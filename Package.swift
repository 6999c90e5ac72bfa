// swift-tools-version:6.0
// gensr for apps on Apple's platforms. Add this repository by its URL, at a release's tag:
//
//     .package(url: "https://github.com/gensr/gensr", exact: "0.1.0")
//
// The hand-written Swift is that of bindings/swift. A tag has, beside what is on the main branch, the Swift that uniffi generates and the
// checksum of the release's XCFramework; on the main branch `scripts/xcframework` makes both. docs/ios.md says more.
import PackageDescription

/// The release; both lines are written by `scripts/xcframework --release`.
let version = "0.1.0"
let checksum: String? = nil

/// Linux has no XCFrameworks: there the engine is the library that cargo built, so that this package is compiled and tested too. With
/// GENSR_MANIFEST=apple the manifest is read as a Mac reads it.
#if os(Linux)
let isApple = Context.environment["GENSR_MANIFEST"] == "apple"
#else
let isApple = true
#endif

/// The engine, and the C header of its boundary.
let engine: Target =
    if !isApple {
        .systemLibrary(name: "GensrFFI", path: "bindings/swift/generated/GensrFFI")
    } else if let checksum, Context.environment["GENSR_XCFRAMEWORK"] == nil {
        .binaryTarget(
            name: "GensrFFI", url: "https://github.com/gensr/gensr/releases/download/\(version)/GensrFFI.xcframework.zip", checksum: checksum)
    } else {
        // As `scripts/xcframework` leaves it; or another one, by a path from here.
        .binaryTarget(name: "GensrFFI", path: Context.environment["GENSR_XCFRAMEWORK"] ?? "target/ios/GensrFFI.xcframework")
    }

/// ONNX Runtime, which the engine calls, linked into the app. Microsoft's package has tags up to 1.24.2; every version from 1.24 to 1.28 works,
/// and later ones have telemetry (docs/packs-on-device.md), hence `exact`.
let runtime: [Package.Dependency] =
    isApple ? [.package(url: "https://github.com/microsoft/onnxruntime-swift-package-manager", exact: "1.24.2")] : []
let runtimeTarget: [Target] =
    isApple
    ? [
        .target(
            name: "GensrRuntime",
            dependencies: [.product(name: "onnxruntime", package: "onnxruntime-swift-package-manager")],
            path: "ios/Runtime",
            // What ONNX Runtime's static library leaves to be linked.
            linkerSettings: [.linkedLibrary("c++"), .linkedFramework("Foundation"), .linkedFramework("CoreML")])
    ] : []

let package = Package(
    name: "gensr",
    // Apps that need macOS 13 take the package in bindings/swift: the floor of 14 is that of Microsoft's package.
    platforms: [.iOS(.v16), .macOS(.v14)],
    // Static, or Xcode may wrap them into frameworks that the App Store refuses.
    products: [
        // All of it: what apps add.
        .library(name: "Gensr", type: .static, targets: ["Gensr"] + runtimeTarget.map(\.name)),
        // For apps that link an ONNX Runtime of their own.
        .library(name: "GensrWithoutRuntime", type: .static, targets: ["Gensr"]),
    ],
    dependencies: runtime,
    targets: [
        .target(
            name: "Gensr", dependencies: ["GensrBindings"], path: "bindings/swift/Sources/Gensr",
            exclude: isApple ? [] : ["PrivacyInfo.xcprivacy"], resources: isApple ? [.process("PrivacyInfo.xcprivacy")] : []),
        // Generated, and in a target of its own, so that its language mode and its isolation (nonisolated) are never those of an app.
        .target(
            name: "GensrBindings", dependencies: ["GensrFFI"], path: "bindings/swift/generated/GensrBindings",
            linkerSettings: isApple ? [] : [.linkedLibrary("gensr_ffi")]),
        engine,
    ] + runtimeTarget,
    swiftLanguageModes: [.v6]
)
