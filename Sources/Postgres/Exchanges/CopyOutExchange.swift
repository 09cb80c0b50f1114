import PostgresWire

/// COPY … TO STDOUT: CopyOutResponse, data, CopyDone, CommandComplete.
struct CopyOutExchange {
    enum State: Equatable {
        case begin
        case data
        case complete
        case done
    }

    var state = State.begin

    init(state: State = .begin) { self.state = state }

    var takesRows: Bool { state == .data }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.begin, BackendKind.copyOutResponse):
            state = .data
            let (isBinary, columns) = try BackendMessage.copyResponse(content)
            return .copyOutBegan(isBinary: isBinary, columns: columns)
        case (.data, BackendKind.copyDone):
            state = .complete
            return .nothing
        case (.complete, BackendKind.commandComplete):
            state = .done
            return .completed(tag: try CommandTag(content))
        default:
            throw unexpected(kind)
        }
    }
}
