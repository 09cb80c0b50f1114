import PostgresTypes
import PostgresWire

extension Session {
    /// Finds out what the types are that a statement has been parsed with, where they are not built in and have not been
    /// met before: one round trip more then, and none else.
    ///
    /// Nothing here fails the statement: a type that nothing is found out of is unknown, as it was before.
    func lookUpTypes(of request: Request, timeout: Duration?) async {
        let missing = change { state, _ in
            state.types.missing(among: request.preparedParameters + request.preparedColumns.map(\.type))
        }
        if !missing.isEmpty { await lookUp(missing, timeout: timeout) }
        change { state, _ in
            guard !state.types.isEmpty else { return }
            request.preparedParameters = request.preparedParameters.map { state.types[$0] }
            for index in request.preparedColumns.indices {
                request.preparedColumns[index].type = state.types[request.preparedColumns[index].type]
            }
        }
        change { _, _ in
            for index in request.preparedColumns.indices where !request.preparedColumns[index].type.hasBinaryForm {
                request.preparedColumns[index].format = .text
            }
        }
    }

    /// Asks the catalog for these types.
    private func lookUp(_ oids: [UInt32], timeout: Duration?) async {
        // In a transaction that has failed nothing is answered.
        guard change({ state, _ in state.transactionStatus != .failed }) else { return }
        do throws(PostgresError) {
            let request = try await script(CatalogRow.statement(for: oids), keepsRows: true, timeout: timeout)
            let rows = change { _, _ in request.catalogRows() }
            let found = CatalogReader(rows).types
            change { state, _ in state.types.insert(found) }
        } catch {
            // A server that does not know such a statement will not learn it.
            let isRefused = error.sqlState?.errorClass == "42" || error.sqlState == .featureNotSupported
            if isRefused { change { state, _ in state.types.isAnswered = false } }
        }
    }

    /// The type with what the catalog says of it.
    func described(_ type: PostgresType, timeout: Duration?) async -> PostgresType {
        let missing = change { state, _ in state.types.missing(among: [type]) }
        if !missing.isEmpty { await lookUp(missing, timeout: timeout) }
        return change { state, _ in state.types[type] }
    }
}

extension TypeCatalog {
    /// The server's error may come of a type that is not what it was: dropped and made anew, or altered.
    static func isDoubtful(after error: PostgresServerError) -> Bool {
        switch error.sqlState {
        case .undefinedObject, .datatypeMismatch, .invalidBinaryRepresentation: true
        case .internalError: error.isUnknownType
        default: false
        }
    }
}

extension PostgresServerError {
    /// True when the server has no type of an OID that it once gave out. Messages of internal errors are not translated.
    var isUnknownType: Bool { message.hasPrefix("cache lookup failed for type") }
}

extension PostgresDatabase {
    /// The type of that name with what the server's catalog says of it: kind, labels, attributes.
    ///
    ///     let mood = try await pool.type(named: "mood")
    ///     if case .enumeration(let labels)? = mood.info?.kind { … }
    ///
    /// It is asked for each time, so it is right after a change. The search path decides, as in SQL, and the name is
    /// quoted as in SQL: `app.mood`, `"Mood"`, `integer`.
    ///
    /// - Throws: `server` with code 42704 where there is no such type; what `query` throws.
    public func type(named name: String) async throws(PostgresError) -> PostgresType {
        try await typed {
            try await withConnection { connection in
                connection.session.change { state, _ in state.types.removeAll() }
                let found = try await connection.query("SELECT \(name)::text::pg_catalog.regtype::oid", as: UInt32.self)
                let oid = try await found.first() ?? 0
                return await connection.session.described(PostgresType(rawValue: oid), timeout: nil)
            }
        }
    }
}

extension Request {
    /// The rows of a statement on the catalog; those that are not what was asked for are passed over.
    func catalogRows() -> [CatalogRow] {
        guard let result = results.first else { return [] }
        var rows: [CatalogRow] = []
        for batch in [result.first].compactMap({ $0 }) + (result.more ?? []) {
            for index in 0..<batch.rowCount {
                guard let row = batch.row(index) else { continue }
                let cells = try? row.withDecoder { (decoder) throws(PostgresError) in
                    var cells: [String?] = []
                    for _ in 0..<decoder.columnCount { cells.append(try decoder.next(TextCell?.self)?.text) }
                    return cells
                }
                if let cells, let row = CatalogRow(cells) { rows.append(row) }
            }
        }
        return rows
    }
}
