import PostgresTypes
import PostgresWire

extension Session {
    /// Gives each frame that has come to the request it answers, until the buffer or the reader's room is used up.
    func processAnswers(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        var head = state.requests.first
        while !state.isReadingPaused, state.phase == .ready {
            if let head, let kind = head.exchange.rowKind {
                if takeRows(&state, head, kind, &effects) { continue }
            }
            guard let frame = try state.inbound.nextFrame() else { return }
            if let head, try takeCopyHeader(&state, head, frame) { continue }
            let event = try receive(&state, head, frame, &effects)
            state.inbound.consume(frame.size)
            switch event {
            case .nothing, nil: break
            case .some(let event):
                if let head { apply(event, to: head, &state, &effects) }
                head = state.requests.first
            }
        }
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
        head.append(RowBatch(memory: state.inbound.detach(bytes), rowCount: frames, columns: head.columns))
        if let replication = head.replication { replicationReceived(head, replication, &state, &effects) }
        // A batch is collected whole: its caller has asked for all of it at once. Rows that another request of the
        // same connection waits behind are collected too: their reader may be the one that waits.
        if head.bufferedBytes > SessionState.pauseAbove, !head.gathersResults, state.requests.count == 1 {
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
            let size = try state.inbound.withContent(of: frame) { (content) throws(PostgresError) in
                try BinaryCopy.headerSize(content)
            }
            head.expectsCopyHeader = false
            if size == frame.size - 5 {
                state.inbound.consume(frame.size)
            } else {
                state.inbound.dropFirst(size, of: frame)
            }
            return true
        }
        let isTrailer = state.inbound.withContent(of: frame) { BinaryCopy.isTrailer($0) }
        guard isTrailer || !head.keepsRows else {
            throw PostgresError(.protocolViolation, "the server sent a COPY row with a wrong number of columns")
        }
        state.inbound.consume(frame.size)
        return true
    }

    /// What a frame means to the request at the head; nil for what comes at any time and belongs to none.
    private func receive(
        _ state: inout SessionState, _ head: Request?, _ frame: FrameBuffer.Frame, _ effects: inout Effects
    ) throws(PostgresError) -> ExchangeEvent? {
        switch frame.kind {
        case BackendKind.noticeResponse:
            effects.rare.notices.append(
                try state.inbound.withContent(of: frame) { (content) throws(PostgresError) in
                    try BackendMessage.serverError(content)
                })
            return nil
        case BackendKind.parameterStatus:
            let (name, value) = try state.inbound.withContent(of: frame) { (content) throws(PostgresError) in
                try BackendMessage.parameterStatus(content)
            }
            if name == "search_path", state.parameters[name] != value { searchPathChanged(&state) }
            if configuration.rulesOut(name, value), state.parameters[name] != value, let onSign = state.onSign {
                effects.rare.sign = (onSign, .readOnly)
            }
            state.parameters[name] = value
            return nil
        case BackendKind.notificationResponse:
            guard let onNotifications = state.onNotifications else { return nil }
            let notification = try state.inbound.withContent(of: frame) { (content) throws(PostgresError) in
                try BackendMessage.notification(content)
            }
            effects.rare.notifications.append(PostgresNotification(notification))
            effects.rare.notified = onNotifications
            return nil
        default:
            break
        }
        guard let head else {
            guard frame.kind == BackendKind.errorResponse else { throw unexpected(frame.kind) }
            // Said before it hangs up: an administrator's shutdown, an idle timeout.
            let error = try state.inbound.withContent(of: frame) { (content) throws(PostgresError) in
                try BackendMessage.serverError(content)
            }
            throw Session.closedByServer(error)
        }
        if frame.kind == BackendKind.errorResponse, head.failure == nil { head.failedStage = head.exchange.stage }
        return try state.inbound.withContent(of: frame) { (content) throws(PostgresError) in
            try head.exchange.receive(frame.kind, content)
        }
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
                head.tags.append(tag)
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
            // Nobody is left to write.
            if head.abandonment != nil { endCopy(head, .failed, &state, &effects) }
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
        effects.cancel(request.timer)
        updateStatements(after: request, &state, &effects)
        if state.copying === request { state.copying = nil }
        if var abandonment = request.abandonment {
            // Rows were dropped; without rows, what was done is done and may be reported as such.
            let wasStopped = request.failure?.sqlState == .queryCanceled
            if wasStopped { abandonment.server = request.failure?.server }
            if wasStopped || request.wantsRows { request.failure = abandonment }
        }
        effects.leaseEnds(request)
        effects.traceEnds(request)
        cancelledStatementEnded(request, &state, &effects)
        startCancel(&state, &effects)
        watchSpare(&state)
    }

    private func failure(_ error: PostgresServerError, of request: Request) -> PostgresError {
        PostgresError(
            .server, "the server refused the statement", advice: Advice.forServerError(error), server: error,
            sql: request.sql)
    }
}
