import PostgresWire

/// Query: any number of statements, each with rows or without, then ReadyForQuery.
struct ScriptExchange {
    enum State: Equatable {
        case between
        case rows
        case copyOut
    }

    var state = State.between

    init(state: State = .between) { self.state = state }

    var takesRows: Bool { state == .rows }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.between, BackendKind.rowDescription):
            state = .rows
            return .described(try BackendMessage.rowDescription(content).map { PostgresColumn($0, format: .text) })
        case (.between, BackendKind.emptyQueryResponse):
            return .nothing
        case (_, BackendKind.commandComplete):
            state = .between
            return .completed(tag: try CommandTag(content))
        case (.between, BackendKind.copyInResponse):
            return .refuseCopyIn
        case (.between, BackendKind.copyOutResponse):
            state = .copyOut
            return .nothing
        case (.copyOut, BackendKind.copyData), (.copyOut, BackendKind.copyDone):
            return .nothing
        default:
            throw unexpected(kind)
        }
    }
}
