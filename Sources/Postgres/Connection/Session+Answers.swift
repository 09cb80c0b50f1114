import PostgresTypes
import PostgresWire

extension Session {
    /// Gives each frame that has come to the request it answers, until the buffer or the reader's room is used up.
    func processAnswers(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        while !state.isReadingPaused, state.phase == .ready {
            if let head = state.requests.first {
                guard try processAnswer(to: head, &state, &effects) else { return }
            } else {
                guard let frame = try state.inbound.nextFrame() else { return }
                guard try receiveAside(frame, &state, &effects) else { throw try unexpected(frame, state) }
            }
        }
    }

    /// Gives frames to the request at the head, until it is not there any more; false where no whole one is left.
    private func processAnswer(
        to head: Request, _ state: inout SessionState, _ effects: inout Effects
    ) throws(PostgresError) -> Bool {
        while !state.isReadingPaused, state.phase == .ready {
            if let kind = head.exchange.rowKind, takeRows(&state, head, kind, &effects) { continue }
            guard let frame = try state.inbound.nextFrame() else { return false }
            if try receiveAside(frame, &state, &effects) { continue }
            if try takeCopyHeader(&state, head, frame) { continue }
            if frame.kind == BackendKind.errorResponse, head.failure == nil { head.failedStage = head.exchange.stage }
            let event = try head.exchange.receive(frame.kind, state.inbound.content(of: frame))
            state.inbound.consume(frame.size)
            if case .nothing = event { continue }
            apply(event, to: head, &state, &effects)
            if state.requests.first !== head { return true }
        }
        return true
    }

    /// Cuts a run of rows; false when the front of the buffer is something else.
    private func takeRows(
        _ state: inout SessionState, _ head: Request, _ kind: UInt8, _ effects: inout Effects
    ) -> Bool {
        guard !head.expectsCopyHeader else { return false }
        // Rows that nobody reads, as a script's, are not looked into.
        let areRowsRead = head.keepsRows && !head.isByteStream
        let (bytes, frames) = state.inbound.run(of: kind, cells: areRowsRead ? head.columns.count : nil)
        guard frames > 0 else { return false }
        head.streamedBytes += bytes
        guard head.keepsRows else {
            state.inbound.consume(bytes)
            return true
        }
        head.append(state.inbound.takeRows(bytes, frames, head.columns))
        if let replication = head.replication { replicationReceived(head, replication, &state, &effects) }
        // Rows that another request of the same connection waits behind are collected, however many they are: their
        // reader may be the one that waits.
        if head.isFull, state.requests.count == 1 {
            state.isReadingPaused = true
            effects.updatesInterest = true
        }
        if head.isSatisfied { effects.wake(head) }
        return true
    }

    /// The first message of a binary COPY begins with a signature, flags and an extension; the last is a trailer.
    private func takeCopyHeader(
        _ state: inout SessionState, _ head: Request, _ frame: FrameBuffer.Frame
    ) throws(PostgresError) -> Bool {
        guard frame.kind == BackendKind.copyData, !head.isByteStream, case .copyOut = head.exchange else {
            return false
        }
        if head.expectsCopyHeader {
            let size = try BinaryCopy.headerSize(state.inbound.content(of: frame))
            head.expectsCopyHeader = false
            if size == frame.size - 5 {
                state.inbound.consume(frame.size)
            } else {
                state.inbound.dropFirst(size, of: frame)
            }
            return true
        }
        let isTrailer = BinaryCopy.isTrailer(state.inbound.content(of: frame))
        guard isTrailer || !head.keepsRows else {
            throw PostgresError(.protocolViolation, "the server sent a COPY row with a wrong number of columns")
        }
        state.inbound.consume(frame.size)
        return true
    }

    /// Takes what comes at any time and belongs to no request; false for everything else.
    @inline(__always)
    private func receiveAside(
        _ frame: FrameBuffer.Frame, _ state: inout SessionState, _ effects: inout Effects
    ) throws(PostgresError) -> Bool {
        switch frame.kind {
        case BackendKind.noticeResponse, BackendKind.parameterStatus, BackendKind.notificationResponse:
            try takeAside(frame, &state, &effects)
            state.inbound.consume(frame.size)
            return true
        default:
            return false
        }
    }

    private func takeAside(
        _ frame: FrameBuffer.Frame, _ state: inout SessionState, _ effects: inout Effects
    ) throws(PostgresError) {
        switch frame.kind {
        case BackendKind.noticeResponse:
            effects.rare.notices.append(try BackendMessage.serverError(state.inbound.content(of: frame)))
        case BackendKind.parameterStatus:
            let (name, value) = try BackendMessage.parameterStatus(state.inbound.content(of: frame))
            if name == "search_path", state.parameters[name] != value { searchPathChanged(&state) }
            if configuration.rulesOut(name, value), state.parameters[name] != value, let onSign = state.onSign {
                effects.rare.sign = (onSign, .readOnly)
            }
            state.parameters[name] = value
        default:
            guard let onNotifications = state.onNotifications else { return }
            let notification = try BackendMessage.notification(state.inbound.content(of: frame))
            effects.rare.notifications.append(PostgresNotification(notification))
            effects.rare.notified = onNotifications
        }
    }

    /// The error for a frame that answers nothing. One is said before the server hangs up: an administrator's shutdown, an
    /// idle timeout.
    private func unexpected(
        _ frame: FrameBuffer.Frame, _ state: borrowing SessionState
    ) throws(PostgresError) -> PostgresError {
        guard frame.kind == BackendKind.errorResponse else { return Postgres.unexpected(frame.kind) }
        return Session.closedByServer(try BackendMessage.serverError(state.inbound.content(of: frame)))
    }

    private func apply(
        _ event: ExchangeEvent, to head: Request, _ state: inout SessionState, _ effects: inout Effects
    ) {
        switch event {
        case .nothing:
            break
        case .completed(let tag):
            head.tag = tag
            if case .script = head.exchange {
                head.tags.append(tag.text)
                if head.gathersResults { head.finishScriptStatement(tag: tag) }
            } else if head.gathersResults {
                head.finishStatement(tag: tag)
            }
        case .described(let columns):
            head.described(columns)
        case .suspended:
            head.isSuspended = true
        case .prepared(let parameters, let columns):
            head.preparedParameters = parameters
            head.preparedColumns = columns
        case .copyInBegan(let isBinary, let columns):
            head.copyInBegan(isBinary: isBinary, columns: columns)
            // Nobody is left to write, and nobody has said so yet.
            if head.abandonment != nil, head.copyEnd == nil { endCopy(head, .failed, &state, &effects) }
        case .copyOutBegan(let isBinary, let columns):
            head.copyOutBegan(isBinary: isBinary, columns: columns)
        case .refuseCopyIn:
            FrontendMessage.copyFail("COPY FROM STDIN needs copy(into:)", to: &state.outbound)
            // The Sync of an extended query was passed over while the server was waiting for data.
            if case .execute = head.exchange { FrontendMessage.sync(to: &state.outbound) }
            writeOut(&state, &effects)
        case .failed(let error):
            if error.sqlState == .queryCanceled { head.wasCancelNoticed = true }
            if head.failure == nil { head.failure = failure(error, of: head) }
            // The session ends with it, whether or not the server gets to hang up.
            if error.isFatal {
                statementFailed(error, head, &state, &effects)
                close(&state, Session.closedByServer(error), &effects)
            }
        case .finished(let status):
            state.transactionStatus = status
            state.requests.removeFirst()
            head.phase = .finished
            finish(head, &state, &effects)
        }
        if head.isSatisfied { effects.wake(head) }
    }

    /// A request's ReadyForQuery has come.
    private func finish(_ request: Request, _ state: inout SessionState, _ effects: inout Effects) {
        updateStatements(after: request, &state, &effects)
        // The statements were a transaction, of which nothing is left.
        if request.streamsResults, request.mayBeRepeated, state.transactionStatus == .idle {
            request.failure?.safeToRetry = true
        }
        if state.copying === request { state.copying = nil }
        if var abandonment = request.abandonment {
            // Rows were dropped; without rows, what was done is done and may be reported as such.
            let wasStopped = request.failure?.sqlState == .queryCanceled
            if wasStopped { abandonment.server = request.failure?.server }
            if wasStopped || request.wantsRows { request.failure = abandonment }
        }
        effects.end(request)
        cancelledStatementEnded(request, &state, &effects)
        if !state.held.isEmpty { sendHeld(&state, &effects) }
        startCancel(&state, &effects)
        watchSpare(&state)
    }

    private func failure(_ error: PostgresServerError, of request: Request) -> PostgresError {
        PostgresError(
            .server, "the server refused the statement", advice: Advice.forServerError(error), server: error,
            sql: request.sql)
    }
}
