import PostgresWire

/// Bind and Execute of one or several statements, then one Sync: for each BindComplete, rows, CommandComplete.
struct ExecuteExchange {
    enum State: Equatable {
        case bind
        case rows
        /// COPY without being asked for: its data is passed over.
        case copyOut
        case done
    }

    var state = State.bind
    /// How many statements are to be answered yet.
    private var remaining: Int

    init(statements: Int) { remaining = statements }

    init(state: State) {
        self.state = state
        remaining = 0
    }

    var takesRows: Bool { state == .rows }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.bind, BackendKind.bindComplete):
            state = .rows
            return .nothing
        case (.rows, BackendKind.commandComplete), (.copyOut, BackendKind.commandComplete):
            completed()
            return .completed(tag: try BackendMessage.commandComplete(content))
        case (.rows, BackendKind.emptyQueryResponse):
            completed()
            return .completed(tag: "")
        case (.rows, BackendKind.copyInResponse):
            return .refuseCopyIn
        case (.rows, BackendKind.copyOutResponse):
            state = .copyOut
            return .nothing
        case (.copyOut, BackendKind.copyData), (.copyOut, BackendKind.copyDone):
            return .nothing
        default:
            throw unexpected(kind)
        }
    }

    private mutating func completed() {
        remaining -= 1
        state = remaining == 0 ? .done : .bind
    }
}
