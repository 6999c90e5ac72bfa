// swift-tools-version:6.0
// gensr for apps on Apple's platforms. Add this repository by its URL, at a release's tag:
//
//     .package(url: "https://github.com/gensr/gensr", exact: "0.1.0")
//
// The hand-written Swift is that of bindings/swift. A tag has, beside what is on the main branch, the Swift that uniffi generates and the
// checksums of the release's XCFrameworks; on the main branch `scripts/xcframework` makes all three. docs/ios.md says more.
import PackageDescription

/// The release; these lines are written by `scripts/xcframework --release`.
let version = "0.1.0"
let checksums: [String: String] = [:]

/// Linux has no XCFrameworks: there the engine is the library that cargo built, so that this package is compiled and tested too. So it is on a
/// Mac with GENSR_MANIFEST=host, which scripts/swift says, as the XCFrameworks have nothing for macOS. With GENSR_MANIFEST=apple the manifest
/// is read everywhere as Xcode reads it.
#if os(Linux)
let isApple = Context.environment["GENSR_MANIFEST"] == "apple"
#else
let isApple = Context.environment["GENSR_MANIFEST"] != "host"
#endif

/// An XCFramework of the release; where there is none, as `scripts/xcframework` leaves it.
func xcframework(_ name: String) -> Target {
    if let checksum = checksums[name] {
        .binaryTarget(name: name, url: "https://github.com/gensr/gensr/releases/download/\(version)/\(name).xcframework.zip", checksum: checksum)
    } else {
        .binaryTarget(name: name, path: "target/ios/\(name).xcframework")
    }
}

/// ONNX Runtime, which the engine calls. Its own target, so that an app may bring another one.
let runtime: [Target] =
    isApple
    ? [
        xcframework("GensrONNXRuntime"),
        .target(
            name: "GensrRuntime", dependencies: ["GensrONNXRuntime"], path: "ios/Runtime",
            // Dependencies of its static library.
            linkerSettings: [.linkedLibrary("c++"), .linkedFramework("Foundation"), .linkedFramework("CoreML")]),
    ] : []

let package = Package(
    name: "gensr",
    platforms: [.iOS(.v16), .macOS(.v13)],
    // Static, or Xcode may wrap them into frameworks that the App Store refuses.
    products: [
        // All of it: what apps add.
        .library(name: "Gensr", type: .static, targets: ["Gensr"] + (isApple ? ["GensrRuntime"] : [])),
        // For apps that link an ONNX Runtime of their own.
        .library(name: "GensrWithoutRuntime", type: .static, targets: ["Gensr"]),
    ],
    targets: [
        .target(
            name: "Gensr", dependencies: ["GensrBindings"], path: "bindings/swift/Sources/Gensr",
            exclude: isApple ? [] : ["PrivacyInfo.xcprivacy"], resources: isApple ? [.process("PrivacyInfo.xcprivacy")] : []),
        // Generated, and in a target of its own, so that its language mode and its isolation (nonisolated) are never those of an app.
        .target(
            name: "GensrBindings", dependencies: ["GensrFFI"], path: "bindings/swift/generated/GensrBindings",
            linkerSettings: isApple ? [] : [.linkedLibrary("gensr_ffi")]),
        // The engine, and the C header of its boundary.
        isApple ? xcframework("GensrFFI") : .systemLibrary(name: "GensrFFI", path: "bindings/swift/generated/GensrFFI"),
    ] + runtime,
    swiftLanguageModes: [.v6]
)
