import PostgresTransport
import PostgresTypes
import PostgresWire

/// A COPY that the server takes data for.
final class CopyInStream: Sendable {
    private let session: Session
    private let request: Request
    private let largestMessage: Int

    /// Sends the statement and waits until the server asks for data.
    init(
        on connection: PostgresConnection, sql: String, largestMessage: Int = FrontendMessage.largestMessage
    ) async throws(PostgresError) {
        session = connection.session
        self.largestMessage = largestMessage
        request = Request(.copyIn(CopyInExchange()), sql: sql)
        request.trace = session.tracing?.begin(.copyIn, sql)
        await session.run(request, until: .copyBegan) { (state) throws(PostgresError) in
            try connection.checkLease()
            FrontendMessage.query(sql, to: &state.outbound)
        }
        let (hasBegun, failure, abandonment) = session.change { [request] _, _ in
            (request.hasBegunCopy, request.failure, request.abandonment)
        }
        if !hasBegun {
            throw failure ?? abandonment
                ?? PostgresError(.protocolViolation, "the server did not answer COPY with a request for data")
        }
        if let abandonment {
            await fail()
            throw abandonment
        }
    }

    /// How many columns the server expects, and whether in binary.
    var format: (isBinary: Bool, columns: Int) {
        session.change { [request] _, _ in (request.isBinaryCopy, request.copyColumns) }
    }

    /// Sends the CopyData that has gathered in `buffer` and begins the next; waits while too much is on its way.
    func send(_ buffer: inout PostgresBuffer) async throws(PostgresError) {
        let (failure, mustWait) = session.change { [request] state, effects in
            if let failure = request.failure ?? request.abandonment { return (failure as PostgresError?, false) }
            if request.phase == .finished {
                return (PostgresError(.protocolViolation, "the server ended COPY before all data was sent"), false)
            }
            guard buffer.count <= largestMessage else { return (Self.tooLarge, false) }
            if FrontendMessage.endCopyData(&buffer) {
                if let trace = request.trace {
                    let count = buffer.count
                    trace.note { $0.bytesSent += count }
                }
                session.writeOut(&state, &effects, buffer.unsafeBytes)
            }
            return (nil, state.unsent > SessionState.writeAbove)
        }
        FrontendMessage.beginCopyData(&buffer)
        if let failure { throw failure }
        if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled during COPY") }
        if mustWait {
            await session.wait(for: request, until: .written)
            if let failure = session.change({ [request] _, _ in request.failure ?? request.abandonment }) {
                throw failure
            }
        } else {
            // The writer runs on the loop's thread. While the server takes data as fast as it comes, nothing else would
            // make it stop: the loop must see what the server says meanwhile, and serve other connections.
            await Task.yield()
        }
    }

    /// Ends the data and waits for the server to have stored it; how many rows it took.
    func finish() async throws(PostgresError) -> Int {
        await complete(.done)
        let (tag, failure) = session.change { [request] _, _ in (request.tag, request.failure) }
        if let failure { throw failure }
        return PostgresCommandResult(tag: tag?.text ?? "").rowCount ?? 0
    }

    /// Has the server forget what was sent, and waits until the connection can be used again.
    func fail() async {
        // A task of its own: a cancelled one would not wait.
        await Task(executorPreference: session.loop) { [self] in
            let limit = session.loop.schedule(at: deadline) { [session] in
                session.abort(PostgresError(.timeout, "the server did not end a failed COPY within the cancel timeout"))
            }
            await complete(.failed)
            session.loop.cancel(limit)
        }.value
    }

    /// Only a row gets there: bytes are sent in pieces.
    private static let tooLarge = PostgresError(
        .encodingFailed, "a row of the COPY is larger than the 1 GB that PostgreSQL stores",
        advice: "Store what is so large in parts, or as a large object")

    private var deadline: Int64 { Session.deadline(after: session.configuration.cancelTimeout) }

    private func complete(_ end: Request.CopyEnd) async {
        session.change { [request] state, effects in
            // Who has refused the data wants no end of it: behind a pooler it might begin another session's turn.
            guard request.isTakingCopy, request.failure == nil, request.phase != .finished else { return }
            // A deadline may have passed since the last row.
            session.endCopy(request, request.abandonment == nil ? end : .failed, &state, &effects)
        }
        await session.wait(for: request, until: .end)
    }
}
