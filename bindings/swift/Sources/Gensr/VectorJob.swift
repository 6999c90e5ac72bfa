internal import GensrBindings

/// Makes the vectors by which upserted items are found by meaning: milliseconds per item.
///
/// ```swift
/// for try await progress in job.runWithProgress() {
///     print("\(progress.done) of \(progress.total)")
/// }
/// ```
///
/// Nothing happens until ``run()`` or ``runWithProgress()``. A job that is dropped, cancelled, or ends with the app loses nothing: the next
/// one, or ``Engine/pendingVectors()``, makes what is missing. Searches go on meanwhile, and find each item by meaning once its vector exists.
public final class VectorJob: Sendable {
    /// Kept, as an engine closes with its last reference.
    private let engine: Engine
    private let native: GensrBindings.VectorJob

    /// Upserted items that were not older than the catalogue's.
    public let taken: Int

    init(_ engine: Engine, _ native: GensrBindings.VectorJob) {
        self.engine = engine
        self.native = native
        taken = Int(native.taken())
    }

    /// Progress so far. Never blocks.
    public var progress: VectorProgress {
        let progress = native.progress()
        return VectorProgress(done: Int(progress.done), total: Int(progress.total))
    }

    /// Makes the vectors of all items that have none, including those of earlier jobs. Vectors made before a cancellation are kept.
    ///
    /// ```swift
    /// try await job.run()
    /// ```
    ///
    /// One job of an engine runs at a time; others wait. Does nothing with a pack that cannot make vectors
    /// (``LiveDiagnostics/makesVectors``).
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)`` when the profile cannot be written.
    public func run() async throws(GensrError) {
        try await engine.making.run { [self] in try native.run(cancel: $0.token) }
    }

    /// As ``run()``, with the progress at its start, at each change and at its end. The job ends with the loop.
    ///
    /// ```swift
    /// for try await progress in job.runWithProgress() {
    ///     print("\(progress.done) of \(progress.total)")
    /// }
    /// ```
    public func runWithProgress() -> VectorProgressSequence {
        VectorProgressSequence(job: self)
    }
}

/// Progress of a job.
public struct VectorProgress: Sendable, Hashable {
    /// Vectors made so far.
    public let done: Int

    /// Vectors to make; grows when the catalogue changes meanwhile.
    public let total: Int

    /// From 0 to 1; 1 if there was nothing to do.
    public var fraction: Double { total > 0 ? Double(done) / Double(total) : 1 }

    /// A progress of your own, for previews and tests.
    public init(done: Int, total: Int) {
        self.done = done
        self.total = total
    }
}

/// Progress of a job that runs while it is iterated; it fails as ``VectorJob/run()`` does.
public struct VectorProgressSequence: AsyncSequence, Sendable {
    /// A progress.
    public typealias Element = VectorProgress

    fileprivate let job: VectorJob

    /// Starts nothing: the first call of `next` does.
    public func makeAsyncIterator() -> Iterator {
        Iterator(job: job)
    }

    /// Runs the job, and polls its progress.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        fileprivate let job: VectorJob
        private var run: Run?
        private var last: VectorProgress?

        fileprivate init(job: VectorJob) {
            self.job = job
        }

        /// The next change; `nil` at the end.
        public mutating func next() async throws(GensrError) -> VectorProgress? {
            let run = self.run ?? Run(job)
            self.run = run
            while true {
                // Read before the progress, so that the last one is not missed.
                let result = run.result
                if case .failure(let error) = result { throw error }
                if result == nil, Task.isCancelled {
                    await run.stop()
                    continue
                }
                let progress = job.progress
                if progress != last {
                    last = progress
                    return progress
                }
                if result != nil { return nil }
                // Returns at once if the task is cancelled.
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// A running job; cancelled when released.
    private final class Run: Sendable {
        private let outcome = Locked<Result<Void, GensrError>?>(nil)
        private let task: Task<Void, Never>

        init(_ job: VectorJob) {
            task = Task { [outcome] in
                do throws(GensrError) {
                    try await job.run()
                    outcome.withLock { $0 = .success(()) }
                } catch {
                    outcome.withLock { $0 = .failure(error) }
                }
            }
        }

        deinit {
            task.cancel()
        }

        var result: Result<Void, GensrError>? { outcome.withLock { $0 } }

        func stop() async {
            task.cancel()
            await task.value
        }
    }
}
