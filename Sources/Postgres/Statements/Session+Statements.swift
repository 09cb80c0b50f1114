import PostgresTransport
import PostgresTypes
import PostgresWire

/// How a session's statements stay right while tables, names and servers change under them.
extension Session {
    /// The statement parsed by the server, from the cache or now.
    func prepared(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) -> PreparedStatement {
        let text = try sql.checkedCString("the statement")
        var hasRepeated = false
        while true {
            if let statement = change({ state, _ in self.find(sql, in: &state) }) { return statement }
            try await lookForPooler(timeout: timeout)
            let request = Request(.prepare(PrepareExchange()), sql: text)
            let name = await parse(request, timeout: timeout)
            await lookUpTypes(of: request, timeout: timeout)
            let (statement, failure, mayRepeat) = change { state, _ -> (PreparedStatement?, PostgresError?, Bool) in
                if let failure = request.failure {
                    return (nil, failure, request.mayBeRepeated && state.transactionStatus == .idle)
                }
                let statement = PreparedStatement(
                    name: name, sql: text, parameterTypes: request.preparedParameters,
                    columns: request.preparedColumns)
                // Names may have gone out of use meanwhile.
                if statement.isUnnamed == state.statements.isUnnamed {
                    state.statementsToClose += state.statements.insert(statement)
                }
                return (statement, nil, false)
            }
            if let statement { return statement }
            guard mayRepeat, !hasRepeated else {
                throw failure ?? PostgresError(.connectionClosed, "the connection is closed")
            }
            hasRepeated = true
        }
    }

    /// What the server says of a statement now, which is not executed and so would not be found to be out of date.
    func described(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) -> PreparedStatement {
        let text = try sql.checkedCString("the statement")
        let request = Request(.prepare(PrepareExchange()), sql: text)
        _ = await parse(request, isKept: false, timeout: timeout)
        await lookUpTypes(of: request, timeout: timeout)
        let (failure, parameters, columns) = change { _, _ in
            (request.failure, request.preparedParameters, request.preparedColumns)
        }
        if let failure { throw failure }
        return PreparedStatement(name: "", sql: text, parameterTypes: parameters, columns: columns)
    }

    /// Has the server parse and describe a statement; the name it has got.
    private func parse(_ request: Request, isKept: Bool = true, timeout: Duration?) async -> String {
        var name = ""
        await run(request, until: .end, timeout: timeout) { (state) throws(PostgresError) in
            if isKept { name = state.statements.nextName() }
            let displaced = state.statementsToClose
            state.statementsToClose = []
            for statement in displaced { FrontendMessage.close(statement: statement.name, to: &state.outbound) }
            FrontendMessage.parse(name: name, sql: request.sql, to: &state.outbound)
            FrontendMessage.describe(statement: name, to: &state.outbound)
            FrontendMessage.sync(to: &state.outbound)
        }
        return name
    }

    // MARK: What is known of them

    /// The statement of that text, unless it must be parsed first.
    func find(_ sql: String, in state: inout SessionState) -> PreparedStatement? {
        let word = news.current
        if word != state.statements.seen { catchUp(&state, with: word) }
        let statement = state.statements.find(sql)
        // Another server than the one that has parsed it may serve this transaction.
        if state.statements.distrustsNames, state.transactionStatus != .idle { return statement?.withoutName }
        return statement
    }

    /// Another session of the pool has found out what concerns ours, too.
    private func catchUp(_ state: inout SessionState, with word: UInt64) {
        state.statements.seen = word
        forgetAll(&state)
        if StatementNews.isUnnamed(word) { loseNames(&state) }
    }

    private func loseNames(_ state: inout SessionState) {
        state.statements.isUnnamed = true
        state.statements.suspectsPooler = false
        // Which of the servers has them is not known.
        state.statementsToClose = []
    }

    private func forgetAll(_ state: inout SessionState) {
        let forgotten = state.statements.removeAll()
        state.statementsToClose += forgotten
    }

    /// A request is answered: what it did, or why it failed, may make statements unfit.
    func updateStatements(after request: Request, _ state: inout SessionState, _ effects: inout Effects) {
        if !state.hasLeftovers { state.hasLeftovers = request.mayLeaveSomething }
        if let server = request.failure?.server {
            statementFailed(server, request, &state, &effects)
            state.look(at: server, configuration, &effects)
        } else if case .script = request.exchange {
            guard request.tags.contains(where: StatementReach.isSuspicious) else { return endOfNames(request, &state) }
            let reach = StatementReach(of: request.sql)
            if !reach.isEmpty { for tag in request.tags { apply(reach, tag, &state) } }
        } else if let reach = request.statement?.reach, !reach.isEmpty, let tag = request.tag {
            apply(reach, tag.text, &state)
        }
        endOfNames(request, &state)
    }

    /// What names stand for changes back with the end of a transaction, perhaps.
    private func endOfNames(_ request: Request, _ state: inout SessionState) {
        guard state.statements.hasChangedNames else { return }
        // Which of the changes an end takes back, SET LOCAL and savepoints included, is the server's to know.
        let isBackToSavepoint = request.tags.contains("ROLLBACK")
        if state.transactionStatus == .idle || isBackToSavepoint { forgetAll(&state) }
        if state.transactionStatus == .idle { state.statements.hasChangedNames = false }
    }

    private func apply(_ reach: StatementReach, _ tag: String, _ state: inout SessionState) {
        if reach.forgetsStatements(tag) {
            _ = state.statements.removeAll()
            state.statementsToClose = []
        } else if reach.changesNames(tag) {
            forgetAll(&state)
            state.statements.hasChangedNames = true
        }
    }

    /// The server reports that names stand for other tables now (from version 18 on).
    func searchPathChanged(_ state: inout SessionState) { forgetAll(&state) }

    /// The server's error may be about what we thought that it knows, and not about the statement itself.
    func statementFailed(
        _ server: PostgresServerError, _ request: Request, _ state: inout SessionState, _ effects: inout Effects
    ) {
        if TypeCatalog.isDoubtful(after: server), !state.types.isEmpty {
            // What is known of types may be of another day; so may be what statements were parsed with.
            state.types.removeAll()
            forgetAll(&state)
        }
        let statement = request.failedStatement
        let isNamed = !(statement?.isUnnamed ?? state.statements.isUnnamed)
        switch StatementFault(server, at: request.failedStage) {
        case .stale where isNamed:
            // Other statements are of the same table, and other sessions have theirs.
            news.becameStale(since: state.statements.seen)
            forgetAll(&state)
        case .missing where isNamed:
            // It knows none of the others either.
            forgetAll(&state)
            state.statements.suspectsPooler = configuration.statementMode == .automatic
        case .pooler where isNamed && configuration.statementMode == .automatic:
            dropNames(&state, &effects)
        case .types:
            // Parsed with the types of another day: a column may have another one now.
            guard let statement, statement.isUnnamed, !statement.parameterTypes.isEmpty else { return }
            state.statements.remove(statement)
        default: return
        }
        request.mayBeRepeated = true
    }

    /// Statements are sent without names from now on, by every session of the pool. Said once.
    private func dropNames(_ state: inout SessionState, _ effects: inout Effects) {
        _ = state.statements.removeAll()
        loseNames(&state)
        guard news.dropNames() else { return }
        state.statements.seen = news.current
        effects.rare.notices.append(Self.poolerNotice)
    }

    private static let poolerNotice = PostgresServerError(fields: [
        (.localizedSeverity, "NOTICE"), (.severity, "NOTICE"), (.sqlState, "00000"),
        (.message, "egret: a pooler gives each transaction another server; statements are sent unnamed from now on"),
        (.hint, "Set statementMode to unnamed to begin so, or to named if the pooler keeps track of names"),
    ])

    /// Finds out whether statements' names may be used in the transaction that is about to begin: a name that a pooler's
    /// other server does not know would cost it. Asked once, when there are names; a transaction parses its own without.
    func lookBeforeTransaction() async throws(PostgresError) {
        let isDue = change { state, _ in
            guard configuration.statementMode == .automatic, state.statements.hasNames, state.phase == .ready,
                state.transactionStatus == .idle, !state.statements.distrustsNames
            else { return false }
            if let known = state.pooling { state.statements.distrustsNames = known != .direct }
            return state.pooling == nil
        }
        guard isDue else { return }
        let process = try await backendProcess(timeout: configuration.queryTimeout)
        change { state, _ in
            if process == state.cancelKey?.processID {
                state.pooling = .direct
            } else {
                state.statements.distrustsNames = true
            }
        }
    }

    /// Finds out whether a pooler stands between us and the server, once there is reason to believe it: the key that we
    /// were given for cancelling is then not the server's.
    func lookForPooler(timeout: Duration?) async throws(PostgresError) {
        let isDue = change { state, _ in
            state.statements.suspectsPooler && state.phase == .ready && state.transactionStatus != .failed
        }
        guard isDue else { return }
        let process = try await backendProcess(timeout: timeout)
        change { state, effects in
            state.statements.suspectsPooler = false
            if process != state.cancelKey?.processID { self.dropNames(&state, &effects) }
        }
    }
}

/// Why the server refuses a statement that may be right.
enum StatementFault {
    /// Its tables have changed: the rows would have other columns.
    case stale
    /// The server has no statement of that name.
    case missing
    /// The server has one of that name already, or a pooler has lost its own; names of ours are unique.
    case pooler
    /// It does not fit the types that were sent along.
    case types
    /// It is wrong, or its values are.
    case none

    /// Decided by codes and the name of the server's routine: messages are translated.
    /// An EXECUTE or PREPARE of the user's own fails while it is run, and not before.
    init(_ error: PostgresServerError, at stage: Exchange.Stage) {
        switch (stage, error.sqlState) {
        case (.binding, .featureNotSupported) where error.routine == "RevalidateCachedQuery": self = .stale
        case (.binding, .invalidSQLStatementName): self = .missing
        // A parameter's type has been dropped, and perhaps made anew: the values are read before the plan is looked at.
        case (.binding, .undefinedObject) where error.routine == "lookup_type_cache": self = .stale
        case (.binding, .internalError) where error.isUnknownType: self = .stale
        case (.parsing, .duplicatePreparedStatement): self = .pooler
        // A server would name the routine that noticed.
        case (.parsing, .protocolViolation) where error.routine == nil: self = .pooler
        case (.binding, .protocolViolation) where error.routine == nil: self = .pooler
        case (.parsing, let state) where state.errorClass == "42": self = .types
        default: self = .none
        }
    }
}
