import PostgresLocks

/// Positions of tables that wait for a job.
final class WorkQueue: Sendable {
    private let waiting: Mutex<ArraySlice<Int>>

    init(_ positions: [Int]) { waiting = Mutex(positions[...]) }

    /// The next one, or nil when all are taken.
    func next() -> Int? { waiting.withLock { $0.popFirst() } }
}

/// What has come of each table so far, by its position in the plan.
final class TableResults: Sendable {
    private let results = Mutex<[Int: ImportReport.Table]>([:])

    subscript(position: Int) -> ImportReport.Table? {
        get { results.withLock { $0[position] } }
        set { results.withLock { $0[position] = newValue } }
    }

    /// The tables in which nothing has failed.
    var succeeded: [Int] { results.withLock { $0.filter { $0.value.failure == nil }.map(\.key).sorted() } }

    /// All results, in the order of the plan.
    var all: [ImportReport.Table] { results.withLock { $0.sorted { $0.key < $1.key }.map(\.value) } }
}
