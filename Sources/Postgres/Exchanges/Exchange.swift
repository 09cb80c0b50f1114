import PostgresTypes
import PostgresWire

/// What a message meant to the exchange it belongs to.
enum ExchangeEvent {
    /// Nothing to do yet.
    case nothing
    /// A statement of the exchange is done; its command tag.
    case completed(tag: CommandTag)
    /// The statement's parameter types and columns are known.
    case prepared(parameters: [PostgresType], columns: [PostgresColumn])
    /// The columns of the rows that come now.
    case described([PostgresColumn])
    /// As many rows have come as were asked for; the portal has more.
    case suspended
    /// The server waits for COPY data.
    case copyInBegan(isBinary: Bool, columns: Int)
    /// COPY data will come.
    case copyOutBegan(isBinary: Bool, columns: Int)
    /// The server waits for COPY data that nobody will send: tell it so.
    case refuseCopyIn
    /// The server refuses; ReadyForQuery will follow.
    case failed(PostgresServerError)
    /// ReadyForQuery: the exchange is over.
    case finished(TransactionStatus)
}

/// What a request expects in answer, as small machines: frame in, event out.
///
/// Pure: no socket, no task, no clock. Rows are not passed through here; `takesRows` says whether they may come, and the
/// session cuts them out of the buffer in runs.
enum Exchange {
    case prepare(PrepareExchange)
    case execute(ExecuteExchange)
    case script(ScriptExchange)
    case copyIn(CopyInExchange)
    case copyOut(CopyOutExchange)
    case replication(ReplicationExchange)

    /// The kind of frame that is a row now, or nil.
    var rowKind: UInt8? {
        switch self {
        case .execute(let machine): machine.takesRows ? BackendKind.dataRow : nil
        case .script(let machine): machine.takesRows ? BackendKind.dataRow : nil
        case .copyOut(let machine): machine.takesRows ? BackendKind.copyData : nil
        case .replication(let machine): machine.takesRows ? BackendKind.copyData : nil
        case .prepare, .copyIn: nil
        }
    }

    /// A COPY of either direction.
    var isCopy: Bool {
        switch self {
        case .copyIn, .copyOut: true
        case .prepare, .execute, .script, .replication: false
        }
    }

    /// How far a statement has come.
    enum Stage {
        /// The server has yet to say that it understands it.
        case parsing
        /// The server has yet to take its values.
        case binding
        case running
    }

    var stage: Stage {
        switch self {
        case .prepare(let machine): machine.state == .parse ? .parsing : .running
        case .execute(let machine): machine.state == .parse ? .parsing : machine.state == .bind ? .binding : .running
        case .script, .copyIn, .copyOut, .replication: .running
        }
    }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch kind {
        case BackendKind.errorResponse:
            let error = try BackendMessage.serverError(content)
            fail()
            return .failed(error)
        case BackendKind.readyForQuery:
            guard mayFinish else { throw unexpected(kind) }
            return .finished(try TransactionStatus(content))
        default:
            break
        }
        switch self {
        case .prepare(var machine):
            defer { self = .prepare(machine) }
            return try machine.receive(kind, content)
        case .execute(var machine):
            defer { self = .execute(machine) }
            return try machine.receive(kind, content)
        case .script(var machine):
            defer { self = .script(machine) }
            return try machine.receive(kind, content)
        case .copyIn(var machine):
            defer { self = .copyIn(machine) }
            return try machine.receive(kind, content)
        case .copyOut(var machine):
            defer { self = .copyOut(machine) }
            return try machine.receive(kind, content)
        case .replication(var machine):
            defer { self = .replication(machine) }
            return try machine.receive(kind, content)
        }
    }

    private mutating func fail() {
        switch self {
        case .prepare: self = .prepare(PrepareExchange(state: .done))
        case .execute: self = .execute(ExecuteExchange(state: .done))
        case .script: self = .script(ScriptExchange(state: .between))
        case .copyIn: self = .copyIn(CopyInExchange(state: .done))
        case .copyOut: self = .copyOut(CopyOutExchange(state: .done))
        case .replication: self = .replication(ReplicationExchange())
        }
    }

    private var mayFinish: Bool {
        switch self {
        case .prepare(let machine): machine.state == .done
        case .execute(let machine): machine.state == .done
        case .script(let machine): machine.state == .between
        case .copyIn(let machine): machine.state == .done
        case .copyOut(let machine): machine.state == .done
        case .replication(let machine): machine.mayFinish
        }
    }
}

/// The error for a message out of turn.
func unexpected(_ kind: UInt8, advice: String? = nil) -> PostgresError {
    PostgresError(
        .protocolViolation,
        "the server sent a message of kind \(Character(UnicodeScalar(kind))) where the protocol does not allow it",
        advice: advice)
}
