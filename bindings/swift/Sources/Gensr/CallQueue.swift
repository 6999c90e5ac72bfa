import Dispatch
import Foundation
internal import GensrBindings

/// Runs blocking calls on threads of its own, at most `width` at a time, in the order they came.
///
/// Why not on the threads that run tasks: Swift has one per core for the whole app, and a call that blocks one takes it from every
/// other task. Why at most `width`: calls take turns at the engine's graphs, so that more of them would only wait there. Calls that wait
/// for their turn do so in a list, where they cost no thread and can be withdrawn.
final class CallQueue: Sendable {
    /// A call that waits for a thread.
    private struct Job: Sendable {
        let cancellation: Cancellation
        /// Makes the call, or ends it as cancelled; resumes its task.
        let finish: @Sendable () -> Void
    }

    private struct State {
        var idle: [DispatchQueue]
        var waiting: [Job] = []
    }

    private let state: Locked<State>

    /// Serial queues, one for each thread: Dispatch gives each a thread whenever it has work, whereas the blocks of a concurrent queue get
    /// none while as many as there are cores keep busy, whatever they belong to.
    init(width: Int) {
        let threads = (0..<width).map { _ in
            DispatchQueue(label: "io.github.gensr.calls", qos: .userInitiated, autoreleaseFrequency: .workItem)
        }
        state = Locked(State(idle: threads))
    }

    /// Runs `call` on one of the threads, and comes back when it has.
    ///
    /// Where the task is cancelled while the call waits, or was so before, `call` is not run at all and the error is `cancelled`. Where
    /// it is cancelled while `call` runs, its ``Cancellation`` says so, and `stop` is called; what `call` makes of it is the outcome.
    func run<Value: Sendable>(
        stop: @escaping @Sendable () -> Void = {}, _ call: @escaping @Sendable (Cancellation) throws -> Value
    ) async throws(GensrError) -> Value {
        let cancellation = Cancellation()
        // A result, as continuations and cancellation handlers do not know typed errors.
        let result: Result<Value, GensrError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(Job(cancellation: cancellation) {
                    let result = Result {
                        if cancellation.isCancelled { throw GensrError.cancelled }
                        return try call(cancellation)
                    }
                    continuation.resume(returning: result.mapError(GensrError.init(lifting:)))
                })
            }
        } onCancel: {
            // In this order: a job that is not in the list yet will find the cancellation when it comes.
            stop()
            cancellation.cancel()
            withdraw(cancellation)
        }
        return try result.get()
    }

    /// How many calls wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    private func submit(_ job: Job) {
        let (ended, thread) = state.withLock { state -> (Bool, DispatchQueue?) in
            if job.cancellation.isCancelled { return (true, nil) }
            state.waiting.append(job)
            return (false, state.idle.popLast())
        }
        if ended { job.finish() }
        if let thread { thread.async { self.work(on: thread) } }
    }

    /// Ends a call that waits; does nothing to one that runs or is over.
    private func withdraw(_ cancellation: Cancellation) {
        let job = state.withLock { state in
            state.waiting.firstIndex { $0.cancellation === cancellation }.map { state.waiting.remove(at: $0) }
        }
        job?.finish()
    }

    /// One thread's work: calls until none waits.
    private func work(on thread: DispatchQueue) {
        while let job = next(for: thread) { job.finish() }
    }

    /// The next call; where there is none, the thread is idle.
    private func next(for thread: DispatchQueue) -> Job? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.idle.append(thread)
            return nil
        }
    }
}

/// The cancellation of one call, by its task.
final class Cancellation: Sendable {
    /// Token that the native call checks.
    let token = CancelToken()
    private let cancelled = Locked(false)

    var isCancelled: Bool { cancelled.withLock { $0 } }

    func cancel() {
        cancelled.withLock { $0 = true }
        token.cancel()
    }
}

/// A value behind a lock. (`Mutex` of the standard library wants iOS 18.)
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}
