import PostgresWire

/// The rest of a result that has not all come. When the last copy of the rows goes away before their end, the server is
/// told to stop.
@usableFromInline
final class RowSource: Sendable {
    /// Held, so that it is not closed before the rows are read or dropped. A pool's goes to others once they have all come.
    private let connection: PostgresConnection
    private let request: Request

    init(connection: PostgresConnection, request: Request) {
        self.connection = connection
        self.request = request
    }

    deinit {
        let reason = PostgresError(.cancelled, "the rows were dropped before their end")
        connection.session.abandon(request, reason, patiently: true)
    }

    /// The next rows, waiting for them; nil at the end.
    @usableFromInline
    func nextBatch() async throws(PostgresError) -> RowBatch? {
        try await connection.session.nextBatch(of: request)
    }

    /// The next answers to statements of a pipeline, the last first, waiting for them; empty at the end.
    @usableFromInline
    func nextResults() async throws(PostgresError) -> [PostgresRows] {
        guard var results = try await connection.session.nextResults(of: request) else { return [] }
        var answers: [PostgresRows] = []
        answers.reserveCapacity(results.count)
        while let result = results.popLast() { answers.append(request.rows(of: result, connection: connection)) }
        return answers
    }

    /// Has `lease` end with the request.
    func give(_ lease: PoolLease) {
        let (isOver, isPassedOver) = connection.session.change { _, _ in
            let isOver = request.phase == .finished
            if !isOver, !request.isPassedOver { request.lease = lease }
            return (isOver, request.isPassedOver)
        }
        if isOver || isPassedOver { lease.end(isBlocked: !isOver) }
    }

    /// Has `trace` end with the rows.
    func trace(_ trace: Trace) { connection.session.attach(trace, to: request) }

    var commandTag: CommandTag? { connection.session.change { _, _ in request.tag } }
}
