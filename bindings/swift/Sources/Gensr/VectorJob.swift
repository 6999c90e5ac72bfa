internal import GensrBindings

/// The vectors by which upserted items are found by meaning, still to be made of their texts: milliseconds an item.
///
/// ```swift
/// for try await progress in job.steps() {
///     print("\(progress.done) of \(progress.total)")
/// }
/// ```
///
/// Nothing happens until ``run()`` or ``steps()``. A job that is dropped, cancelled, or ends with the app loses nothing: what it did not make
/// the next one does, or ``Engine/pendingVectors()``. Searches go on meanwhile, and find each item by meaning once its vector is there.
public final class VectorJob: Sendable {
    /// Kept, as an engine closes with its last reference.
    private let engine: Engine
    private let native: GensrBindings.VectorJob

    /// Items of the upsert that were not too old.
    public let taken: Int

    init(_ engine: Engine, _ native: GensrBindings.VectorJob) {
        self.engine = engine
        self.native = native
        taken = Int(native.taken())
    }

    /// How far it is. Waits for nobody.
    public var progress: VectorProgress {
        let progress = native.progress()
        return VectorProgress(done: Int(progress.done), total: Int(progress.of))
    }

    /// Makes the vectors of all items that have none, also those of earlier jobs. Cancelled, it keeps what it has made.
    ///
    /// ```swift
    /// try await job.run()
    /// ```
    ///
    /// One job of an engine runs at a time; others wait. With a pack that cannot make vectors (``LiveDiagnostics/makesVectors``) there is
    /// nothing to do.
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)`` when the profile cannot be written.
    public func run() async throws(GensrError) {
        try await engine.making.run { [self] in try native.run(cancel: $0.token) }
    }

    /// Does what ``run()`` does, and tells how far it is: at its start, whenever that has changed, and at its end. It ends with its loop.
    ///
    /// ```swift
    /// for try await progress in job.steps() {
    ///     print("\(progress.done) of \(progress.total)")
    /// }
    /// ```
    public func steps() -> VectorSteps {
        VectorSteps(job: self)
    }
}

/// How far a job is.
public struct VectorProgress: Sendable, Hashable {
    /// Vectors that it has made.
    public let done: Int

    /// Vectors that there were to make; more where others changed the catalogue meanwhile.
    public let total: Int

    /// From 0 to 1, which is where there was nothing to do.
    public var fraction: Double { total > 0 ? Double(done) / Double(total) : 1 }

    /// A progress of your own, for previews and tests.
    public init(done: Int, total: Int) {
        self.done = done
        self.total = total
    }
}

/// The progress of a job that runs while somebody loops over it; it fails as ``VectorJob/run()`` does.
public struct VectorSteps: AsyncSequence, Sendable {
    /// A progress.
    public typealias Element = VectorProgress

    fileprivate let job: VectorJob

    /// Begins nothing yet: the first progress that is asked for does.
    public func makeAsyncIterator() -> Iterator {
        Iterator(job: job)
    }

    /// Runs the job, and looks at it from time to time.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        fileprivate let job: VectorJob
        private var run: Run?
        private var last: VectorProgress?

        fileprivate init(job: VectorJob) {
            self.job = job
        }

        /// The next progress that differs from the one before; `nil` at the end.
        public mutating func next() async throws(GensrError) -> VectorProgress? {
            let run = self.run ?? Run(job)
            self.run = run
            while true {
                // Before the progress, so that the last one is not missed.
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
                // Ends at once where the task is cancelled.
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// A job that runs, for as long as somebody has this.
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
