import PostgresWire

/// COPY … FROM STDIN: CopyInResponse, then our data, then CommandComplete. An error may come at any time, also while
/// data is being sent.
struct CopyInExchange {
    enum State: Equatable {
        case begin
        case sending
        case done
    }

    var state = State.begin

    init(state: State = .begin) { self.state = state }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.begin, BackendKind.copyInResponse):
            state = .sending
            let (isBinary, columns) = try BackendMessage.copyResponse(content)
            return .copyInBegan(isBinary: isBinary, columns: columns)
        case (.sending, BackendKind.commandComplete):
            state = .done
            return .completed(tag: try CommandTag(content))
        default:
            throw unexpected(kind)
        }
    }
}
