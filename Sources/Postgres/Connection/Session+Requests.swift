import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

extension Session {
    /// Sends a request and waits for what it waits for first.
    ///
    /// `encode` writes the messages and runs under the lock. When the task is cancelled, or `timeout` passes, the server
    /// is told to stop and the wait goes on until it has, for a bounded time.
    // Said in words: where the language setting alone says so, Swift 6.3 takes `#isolation` for nil.
    nonisolated(nonsending) func run(
        _ request: Request, until milestone: Request.Milestone, timeout: Duration? = nil,
        _ encode: (inout SessionState) throws(PostgresError) -> Void
    ) async {
        // Behind `&&` it would be asked in a closure, which is on no actor.
        let isOnActor = isOnActor()
        let mayPark = !isOnActor && isWatchingThisTask
        if mayPark || (loop.mayPoll && !Task.isCancelled) {
            enqueue(request, waiter: nil, inPlace: mayPark, until: milestone, timeout: timeout, encode)
            if isInPlaceWaitOver(request) { return }
            if loop.takeTurns(mayPark: mayPark, until: { isInPlaceWaitOver(request) }) { return }
            return await wait(for: request, until: milestone)
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                enqueue(request, waiter: waiter, until: milestone, timeout: timeout, encode)
            }
        } onCancel: {
            self.abandon(request, Self.cancelled)
        }
    }

    /// Whether the caller runs on an actor, which a thread that parks in its method would keep closed to others.
    @inline(__always)
    private func isOnActor(_ isolation: isolated (any Actor)? = #isolation) -> Bool { isolation != nil }

    private func isInPlaceWaitOver(_ request: Request) -> Bool {
        state.withLock { state in
            guard mayGoOn(request, &state) else { return false }
            request.isAwaitedInPlace = false
            return true
        }
    }

    /// `inPlace`: it is the watched task that waits for it, without a continuation.
    func enqueue(
        _ request: Request, waiter: UnsafeContinuation<Void, Never>?, inPlace: Bool = false,
        until milestone: Request.Milestone, timeout: Duration?,
        _ encode: (inout SessionState) throws(PostgresError) -> Void
    ) {
        change { state, effects in
            do throws(PostgresError) {
                if inPlace, state.isWatchedTaskCancelled { request.abandonment = Self.cancelled }
                if var abandonment = request.abandonment {
                    // Nothing was sent.
                    abandonment.safeToRetry = true
                    throw abandonment
                }
                guard state.phase == .ready else { throw self.isClosed(state) }
                guard state.copying == nil else { throw Self.isCopying }
                let start = state.outbound.count
                try encode(&state)
                state.append(request, from: start)
            } catch {
                request.failure = error
                request.phase = .finished
                effects.traceEnds(request)
                if let waiter { effects.wake(waiter) }
                return
            }
            request.waiter = waiter
            request.isAwaitedInPlace = inPlace
            request.milestone = milestone
            if case .copyIn = request.exchange { state.copying = request }
            if state.isReadingPaused { effects.resumesReading = true }
            if let timeout = timeout ?? self.configuration.queryTimeout { self.startTimer(timeout, for: request) }
            self.scheduleFlush(&state, &effects)
        }
    }

    /// Sends several requests at once, each with a Sync of its own, and waits for the last of them.
    ///
    /// `encode` writes the messages of one; where it throws, that one has failed and the others go on.
    func runAll(
        _ requests: [Request], timeout: Duration?, _ encode: (Int, inout SessionState) throws(PostgresError) -> Void
    ) async {
        @Sendable func abandonAll(_ reason: PostgresError) {
            let isOver = change { state, effects in
                // A cancel stops one; of several each would have to be, one after the other.
                let running = requests.count { $0.phase == .queued }
                guard running > 1, state.requests.count == running else { return false }
                self.end(&state, reason, &effects)
                return true
            }
            if !isOver { for request in requests { abandon(request, reason) } }
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                change { state, effects in
                    var last: Request?
                    for (index, request) in requests.enumerated() {
                        do throws(PostgresError) {
                            if let abandonment = request.abandonment { throw abandonment }
                            guard state.phase == .ready else { throw self.isClosed(state) }
                            guard state.copying == nil else { throw Self.isCopying }
                            let start = state.outbound.count
                            try encode(index, &state)
                            state.append(request, from: start)
                            last = request
                        } catch {
                            request.failure = error
                            request.phase = .finished
                        }
                    }
                    guard let last else { return effects.wake(waiter) }
                    last.waiter = waiter
                    if let timeout {
                        last.timer = self.loop.schedule(at: Session.deadline(after: timeout)) {
                            abandonAll(Self.isLate(last.sql))
                        }
                    }
                    if state.isReadingPaused { effects.resumesReading = true }
                    self.scheduleFlush(&state, &effects)
                }
            }
        } onCancel: {
            abandonAll(Self.cancelled)
        }
    }

    static let cancelled = PostgresError(.cancelled, "the task was cancelled")

    private static func isLate(_ sql: String) -> PostgresError {
        PostgresError(
            .timeout, "the statement did not end before its deadline; the server was told to stop", sql: sql)
    }

    /// The error for what is asked of a session that has ended, saying why it did.
    private func isClosed(_ state: borrowing SessionState) -> PostgresError {
        let reason = state.closeReason
        return PostgresError(
            .connectionClosed, reason.map { "the connection is closed: \($0.message)" } ?? "the connection is closed",
            advice: reason?.advice, server: reason?.server, safeToRetry: true)
    }

    /// Tells the server that a COPY's data has ended. Others may ask for things again.
    func endCopy(
        _ request: Request, _ end: Request.CopyEnd, _ state: inout SessionState, _ effects: inout Effects
    ) {
        request.copyEnd = end
        switch end {
        case .done: FrontendMessage.copyDone(to: &state.outbound)
        case .failed: FrontendMessage.copyFail("the client gave up", to: &state.outbound)
        }
        if state.copying === request { state.copying = nil }
        writeOut(&state, &effects)
    }

    /// Whatever is sent between a COPY's data breaks it, and waiting for its end might be waiting for oneself.
    private static let isCopying = PostgresError(
        .invalidUse, "the connection is taking the data of a COPY, and can do nothing else meanwhile",
        advice: "Use another connection of the pool, or wait for the end of the COPY", safeToRetry: true)

    /// Sends at the end of the loop's turn, together with what others write in it; at once away from the loop, and where
    /// it is the first and no other session's answer is to be read before.
    func scheduleFlush(_ state: inout SessionState, _ effects: inout Effects) {
        // With nothing on its way, the server may as well begin.
        guard loop.gathersSends || (loop.isCurrent && state.requests.count > 1) else {
            return writeOut(&state, &effects)
        }
        guard !state.isFlushScheduled else { return }
        state.isFlushScheduled = true
        loop.flushLater(self)
    }

    // Timers hold the session, and are cancelled with what they limit. A weak reference would make each of the session's
    // reference counts, for ever, an access to a table beside it.
    private func startTimer(_ timeout: Duration, for request: Request) {
        request.timer = loop.schedule(at: Session.deadline(after: timeout)) {
            self.abandon(request, Self.isLate(request.sql))
        }
    }

    /// Waits until the request has come to a further milestone.
    func wait(for request: Request, until milestone: Request.Milestone) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                change { state, effects in
                    request.isAwaitedInPlace = false
                    // Given up meanwhile, and waited for to its end: nothing less will do.
                    let isEnding = request.abandonment != nil && request.milestone == .end
                    if !isEnding { request.milestone = milestone }
                    if self.mayGoOn(request, &state) { effects.wake(waiter) } else { request.waiter = waiter }
                }
            }
        } onCancel: {
            self.abandon(request, Self.cancelled)
        }
    }

    /// The request has come as far as it is waited for, or nothing would bring it there.
    private func mayGoOn(_ request: Request, _ state: inout SessionState) -> Bool {
        let hasRoom = request.milestone == .written && state.unsent <= SessionState.writeBelow
        // The end of what was abandoned is waited for only where something brings it about.
        let isDetached = request.abandonment != nil && !request.isCancelSent && request.milestone != .end
        return request.isSatisfied || hasRoom || isDetached || request.isPassedOver
    }

    /// The next rows, waiting for them; nil at the end.
    ///
    /// - Throws: what ended the request early.
    func nextBatch(of request: Request) async throws(PostgresError) -> RowBatch? {
        try await next(of: request, until: .rows) { $0.popBatch() }
    }

    /// The next answers to statements of several, waiting for them; nil at the end.
    ///
    /// - Throws: what ended the request early.
    func nextResults(of request: Request) async throws(PostgresError) -> [StatementResult]? {
        try await next(of: request, until: .results) {
            let results = $0.popResults()
            return results.isEmpty ? nil : results
        }
    }

    /// What `take` gets of the request, once it gets something.
    private func next<T: Sendable>(
        of request: Request, until milestone: Request.Milestone, _ take: (Request) -> T?
    ) async throws(PostgresError) -> T? {
        // A reader slower than the server never waits, which is where it would notice.
        if Task.isCancelled { abandon(request, Self.cancelled) }
        while true {
            let (taken, isOver, failure) = change { state, effects in
                // What comes of one that was given up is without its rows.
                let taken = request.abandonment == nil ? take(request) : nil
                if state.isReadingPaused, request.hasRoom { effects.resumesReading = true }
                let isDetached = request.abandonment != nil && (!request.isCancelSent || request.isPassedOver)
                return (taken, request.phase == .finished || isDetached, request.failure ?? request.abandonment)
            }
            if let taken { return taken }
            if isOver {
                if let failure { throw failure }
                return nil
            }
            await wait(for: request, until: milestone)
        }
    }

    /// Runs statements by the simple protocol, without parameters. Rows that are kept are in text.
    func script(
        _ sql: String, keepsRows: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) -> Request {
        let sql = try sql.checkedCString("the script")
        let request = Request(.script(ScriptExchange()), sql: sql, keepsRows: keepsRows)
        request.gathersResults = keepsRows
        request.trace = tracing?.begin(.script, sql)
        await run(request, until: .end, timeout: timeout) { (state) throws(PostgresError) in
            FrontendMessage.query(sql, to: &state.outbound)
        }
        let (failure, completed) = change { _, _ in (request.failure, request.tags.count) }
        if var failure {
            if failure.code == .server { failure.message = Self.place(of: failure, in: sql, after: completed) }
            throw failure
        }
        return request
    }

    /// Which statement of a script it was. The server says a position only where it does not understand the text; then
    /// nothing has been run.
    private static func place(of failure: PostgresError, in script: String, after completed: Int) -> String {
        let statements = ScriptStatements(script)
        let found = failure.server?.position.flatMap { statements.number(at: $0 - 1) }
        let number = found ?? completed + 1
        guard statements.starts.count > 1 || completed > 0 else { return failure.message }
        let text = "the server refused statement \(number) of the script"
        guard statements.starts.indices.contains(number - 1) else { return text }
        return text + ", which begins in line \(statements.starts[number - 1].line)"
    }
}
