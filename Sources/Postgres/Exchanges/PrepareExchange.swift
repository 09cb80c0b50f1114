import PostgresTypes
import PostgresWire

/// Parse, Describe, Sync: ParseComplete, ParameterDescription, RowDescription or NoData.
struct PrepareExchange {
    enum State: Equatable {
        /// CloseComplete for each statement that made room, then ParseComplete.
        case parse
        case parameters
        case columns
        case done
    }

    var state = State.parse
    private var parameters: [PostgresType] = []

    init(state: State = .parse) { self.state = state }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.parse, BackendKind.closeComplete):
            return .nothing
        case (.parse, BackendKind.parseComplete):
            state = .parameters
            return .nothing
        case (.parameters, BackendKind.parameterDescription):
            parameters = try BackendMessage.parameterDescription(content).map { PostgresType(rawValue: $0) }
            state = .columns
            return .nothing
        case (.columns, BackendKind.noData):
            state = .done
            return .prepared(parameters: parameters, columns: [])
        case (.columns, BackendKind.rowDescription):
            state = .done
            return .prepared(
                parameters: parameters,
                columns: try BackendMessage.rowDescription(content).map { PostgresColumn($0) })
        default:
            throw unexpected(kind)
        }
    }
}
