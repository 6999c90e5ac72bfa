import Foundation
import Testing

@testable import Gensr

extension AllTests {
    /// The threads that calls run on.
    @Suite struct CallQueueTests {
        private struct Load {
            var now = 0
            var most = 0
        }

        @Test func runsNoMoreCallsAtATimeThanItIsWide() async throws {
            let queue = CallQueue(width: 3)
            let load = Locked(Load())
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await queue.run { _ in
                            load.withLock {
                                $0.now += 1
                                $0.most = max($0.most, $0.now)
                            }
                            // Until three are inside, for the first; so that the width is reached for certain.
                            while load.withLock({ $0.most }) < 3 {}
                            load.withLock { $0.now -= 1 }
                            return number
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 199 * 200 / 2)
            #expect(load.withLock { $0.most } == 3)
        }

        @Test func aCallThatIsCancelledWhileItRunsSaysWhatBecameOfIt() async throws {
            let queue = CallQueue(width: 1)
            let running = Locked(false)
            let task = Task {
                try await queue.run { cancellation in
                    running.withLock { $0 = true }
                    while !cancellation.isCancelled {}
                    return "done all the same"
                }
            }
            try await eventually("the call begins") { running.withLock { $0 } }
            task.cancel()
            #expect(try await task.value == "done all the same")
        }

        @Test func callsThatWaitAreWithdrawnAndTheOthersKeepTheirOrder() async throws {
            let queue = CallQueue(width: 1)
            let (running, goOn) = (Locked(false), Locked(false))
            let order = Locked([Int]())
            let first = Task {
                try await queue.run { _ in
                    running.withLock { $0 = true }
                    while !goOn.withLock({ $0 }) {}
                }
            }
            try await eventually("the call begins") { running.withLock { $0 } }
            var tasks: [Task<Void, any Error>] = []
            for number in 0..<10 {
                tasks.append(Task { try await queue.run { _ in order.withLock { $0.append(number) } } })
                try await eventually("it waits") { queue.waiting == number + 1 }
            }
            for number in [0, 4, 9] {
                tasks[number].cancel()
                #expect(await failure { try await tasks[number].value } == .cancelled)
            }
            #expect(queue.waiting == 7)
            goOn.withLock { $0 = true }
            try await first.value
            for number in [1, 2, 3, 5, 6, 7, 8] { try await tasks[number].value }
            #expect(order.withLock { $0 } == [1, 2, 3, 5, 6, 7, 8])
        }

        @Test func errorsOfNobodyAreInternalAndQuoteNothing() async {
            struct Unknown: Error { let secret = "secret" }
            let error = await failure { try await CallQueue(width: 1).run { _ in throw Unknown() } }
            guard case .internal(let reason)? = error else {
                Issue.record("not internal: \(String(describing: error))")
                return
            }
            #expect(!reason.contains("secret"))
        }
    }
}
