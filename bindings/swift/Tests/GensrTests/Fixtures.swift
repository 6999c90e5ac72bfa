import Foundation
import Gensr
import Testing

#if canImport(Darwin)
@preconcurrency import Darwin
#endif

/// Every test of this package, one after the other: some count the threads of the process or its memory. The limit is a safety net.
@Suite(.serialized, .timeLimit(.minutes(5))) enum AllTests {}

/// Files of the tests: named by the environment, else in the repository.
enum Fixture {
    /// The repository's demo pack.
    static let demo = file("GENSR_DEMO_PACK", or: "models/demo/demo.gensr")
    /// Written by scripts/bindings-testdata: the engine's responses in this run, and packs that misbehave.
    static let testdata = file("GENSR_TESTDATA", or: "target/testdata/bindings")
    static let golden = testdata.appending(path: "golden.json")
    /// A pack whose decoder never ends.
    static let endless = testdata.appending(path: "endless.gensr")
    /// The demo pack as another shop: its ids begin with "h", not "g".
    static let other = testdata.appending(path: "other.gensr")
    /// The demo pack with a graph that makes vectors of texts, slowly.
    static let slow = testdata.appending(path: "slow.gensr")
    /// The demo pack without such a graph.
    static let older = testdata.appending(path: "older.gensr")
    /// A pack as a later version would write it.
    static let newer = testdata.appending(path: "newer.gensr")

    static let repository = URL(filePath: #filePath, directoryHint: .notDirectory)
        .appending(path: "../../../../..", directoryHint: .isDirectory).standardized

    private static func file(_ variable: String, or path: String) -> URL {
        let named = ProcessInfo.processInfo.environment[variable].map { URL(filePath: $0) }
        return named ?? repository.appending(path: path)
    }
}

extension Trait where Self == ConditionTrait {
    /// For a test that reads the demo pack.
    static var demo: Self { .exists(Fixture.demo, "make demo-pack") }
    /// For a test that reads the files of scripts/bindings-testdata.
    static var testdata: Self { .exists(Fixture.golden, "scripts/bindings-testdata") }

    private static func exists(_ file: URL, _ command: String) -> Self {
        let path = file.path(percentEncoded: false)
        return .enabled(if: FileManager.default.fileExists(atPath: path), "\(path) is missing: \(command)")
    }
}

extension Date {
    init(ms: Int64) {
        self.init(timeIntervalSince1970: Double(ms) / 1000)
    }
}

/// A folder for as long as `body` runs.
func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "gensr-\(UUID())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

/// The error of a call; `nil`, and an issue, if it throws none.
func failure<Value>(
    at location: SourceLocation = #_sourceLocation, of body: () async throws -> Value
) async -> GensrError? {
    do {
        _ = try await body()
        Issue.record("no error", sourceLocation: location)
    } catch let error as GensrError {
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
    }
    return nil
}

/// The reason of an invalid argument; `nil`, and an issue, if the call throws nothing or something else.
func invalidArgument<Value>(
    at location: SourceLocation = #_sourceLocation, of body: () async throws -> Value
) async -> String? {
    let error = await failure(at: location, of: body)
    guard case .invalidArgument(let reason)? = error else {
        Issue.record("not an invalid argument: \(String(describing: error))", sourceLocation: location)
        return nil
    }
    return reason
}

/// Waits until something is so; an issue where it is not within a minute, which is a safety net and no expectation.
func eventually(
    _ what: Comment, at location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record(what, sourceLocation: location)
            return
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// The process, as its system sees it.
enum Process {
    #if canImport(Darwin)
    static var threads: Int {
        var list: thread_act_array_t?
        var count: mach_msg_type_number_t = 0
        guard task_threads(mach_task_self_, &list, &count) == KERN_SUCCESS, let list else { return 0 }
        for thread in UnsafeBufferPointer(start: list, count: Int(count)) { mach_port_deallocate(mach_task_self_, thread) }
        let size = vm_size_t(Int(count) * MemoryLayout<thread_act_t>.stride)
        vm_deallocate(mach_task_self_, vm_address_t(UInt(bitPattern: list)), size)
        return Int(count)
    }

    /// Bytes that are this process's alone.
    static var privateMemory: Int {
        var info = task_vm_info_data_t()
        var count = mach_msg_type_number_t(MemoryLayout<task_vm_info_data_t>.stride / MemoryLayout<natural_t>.stride)
        let result = withUnsafeMutablePointer(to: &info) { info in
            info.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
                task_info(mach_task_self_, task_flavor_t(TASK_VM_INFO), $0, &count)
            }
        }
        return result == KERN_SUCCESS ? Int(info.phys_footprint) : 0
    }

    /// How often a file is mapped; not known here.
    static func mappings(of file: URL) -> Int { 0 }
    #else
    static var threads: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }

    /// Bytes that are this process's alone.
    static var privateMemory: Int {
        let lines = (try? String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8))?.split(separator: "\n") ?? []
        let kilobytes = lines.filter { $0.hasPrefix("Private_") }.compactMap { line in
            line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }
        return kilobytes.reduce(0, +) * 1024
    }

    /// How often a file is mapped.
    static func mappings(of file: URL) -> Int {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        return maps.split(separator: "\n").count { $0.hasSuffix(file.path(percentEncoded: false)) }
    }
    #endif
}
