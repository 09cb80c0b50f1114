import PostgresTypes
import PostgresWire

/// Bind and Execute of one or several statements, then one Sync: for each BindComplete, rows, CommandComplete.
///
/// Of statements without a name, each has Parse before and Describe of its portal between.
struct ExecuteExchange {
    enum State: Equatable {
        case parse
        case bind
        case describe
        case rows
        /// COPY without being asked for: its data is passed over.
        case copyOut
        /// CloseComplete of a portal.
        case close
        case done
    }

    var state: State
    /// How many statements are to be answered yet.
    private var remaining: Int
    private let parsesEach: Bool
    /// Only a portal that was asked for some of its rows may have more.
    private let maySuspend: Bool
    /// A portal is only opened; its rows are fetched later.
    private var opensOnly = false

    init(statements: Int, parsesEach: Bool = false) {
        state = parsesEach ? .parse : .bind
        remaining = statements
        self.parsesEach = parsesEach
        maySuspend = false
    }

    /// Bind of a portal, between Parse and Describe where the statement has no name.
    init(opening isUnnamed: Bool) {
        self.init(statements: 1, parsesEach: isUnnamed)
        opensOnly = true
    }

    /// From a later point on: `rows` for a portal that stands, `close` for its end.
    init(state: State) {
        self.state = state
        remaining = 1
        parsesEach = false
        maySuspend = state == .rows
    }

    var takesRows: Bool { state == .rows }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.bind, BackendKind.bindComplete):
            state = parsesEach ? .describe : opensOnly ? .done : .rows
            return .nothing
        case (.rows, BackendKind.commandComplete), (.copyOut, BackendKind.commandComplete):
            completed()
            return .completed(tag: try CommandTag(content))
        case (.rows, BackendKind.emptyQueryResponse):
            completed()
            return .completed(tag: .empty)
        case (.rows, BackendKind.portalSuspended) where maySuspend:
            completed()
            return .suspended
        case (.rows, BackendKind.copyInResponse):
            return .refuseCopyIn
        case (.rows, BackendKind.copyOutResponse):
            state = .copyOut
            return .nothing
        case (.copyOut, BackendKind.copyData), (.copyOut, BackendKind.copyDone):
            return .nothing
        case (.parse, BackendKind.parseComplete):
            state = .bind
            return .nothing
        case (.describe, BackendKind.noData):
            state = opensOnly ? .done : .rows
            return .described([])
        case (.describe, BackendKind.rowDescription):
            state = opensOnly ? .done : .rows
            return .described(try BackendMessage.rowDescription(content).map { PostgresColumn($0) })
        case (.close, BackendKind.closeComplete):
            completed()
            return .nothing
        default:
            throw unexpected(kind)
        }
    }

    private mutating func completed() {
        remaining -= 1
        state = remaining == 0 ? .done : parsesEach ? .parse : .bind
    }
}
