import PostgresLocks

/// Several loops as one task executor: a task runs on the loop that resumes it, or that it was on before.
///
/// An answer resumes its caller on the loop that has read it, whichever that is, without a switch of threads. So tasks
/// that share connections of several loops are spread over them by the answers they get.
package final class EventLoopGroup: TaskExecutor {
    package let loops: [EventLoop]
    private let next = Atomic<UInt>(0)

    /// - Parameter loops: one at least.
    package init(_ loops: [EventLoop]) {
        precondition(!loops.isEmpty, "a group has a loop")
        self.loops = loops
    }

    /// What runs tasks on the group: the loop itself where there is but one, whose own tasks are its as well.
    package var executor: any TaskExecutor { loops.count == 1 ? loops[0] : self }

    /// The place of the loop whose thread this is.
    @inline(__always)
    package var currentPlace: Int? { loops.firstIndex { $0.isCurrent } }

    /// Another one in turn.
    package func nextPlace() -> Int {
        Int(next.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(loops.count))
    }

    /// The loop whose thread this is, else the next in turn.
    package func loop() -> EventLoop { loops[currentPlace ?? nextPlace()] }

    /// Runs a piece of a task. Called by the Swift runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        loop().enqueue(UnownedJob(job), of: asUnownedTaskExecutor())
    }
}
