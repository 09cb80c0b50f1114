public import PostgresTypes
public import PostgresWire

extension PostgresDatabase {
    /// Copies rows into a table, in binary: the fastest way in, and every value is checked against its column.
    ///
    /// All or nothing: when `body` throws, or the server refuses a row, none is kept and the connection stays usable.
    /// `columns` are written in their order; empty means all of them in the table's order.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: what `body` throws, `encodingFailed` of its writes included; `server` when there is no such table or
    ///   column, or a row is refused; `invalidUse` when a column cannot be written; `cancelled`, `connectionClosed`.
    @discardableResult
    public func copy(
        into table: PostgresIdentifier, columns: [String] = [],
        _ body: @Sendable (inout PostgresCopyWriter) async throws -> Void
    ) async throws -> Int {
        try await withConnection { connection in
            let source = PostgresCopySource.table(table, columns: columns)
            let statement = try await connection.session.prepared(source.select)
            let sql = "COPY \(PostgresCopySource.target(table, columns)) FROM STDIN (FORMAT binary)"
            let stream = try await CopyInStream(session: connection.session, sql: sql)
            do {
                guard stream.format.columns == statement.columns.count else {
                    throw PostgresError(
                        .invalidUse, "COPY takes \(stream.format.columns) of the \(statement.columns.count) columns",
                        advice: "Name the columns to write; generated ones cannot be written")
                }
                var writer = PostgresCopyWriter(columns: statement.columns, stream: stream)
                try await body(&writer)
                try await writer.finish()
            } catch {
                await stream.fail()
                throw error
            }
            return try await stream.finish()
        }
    }

    /// Copies bytes in text or CSV format into a table; the server reads them.
    ///
    /// All or nothing, as for rows. A value that the server cannot read is its error, with the line in the context.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: what `body` throws; `server` when the server cannot read or store a row; `cancelled`, `connectionClosed`.
    @discardableResult
    public func copy(
        into table: PostgresIdentifier, columns: [String] = [], format: PostgresCopyFormat,
        _ body: @Sendable (inout PostgresCopyBytesWriter) async throws -> Void
    ) async throws -> Int {
        try await withConnection { connection in
            let sql = try "COPY \(PostgresCopySource.target(table, columns)) FROM STDIN (\(format.options))"
                .checkedCString("the COPY statement")
            let stream = try await CopyInStream(session: connection.session, sql: sql)
            do {
                var writer = PostgresCopyBytesWriter(stream: stream)
                try await body(&writer)
                try await writer.flush()
            } catch {
                await stream.fail()
                throw error
            }
            return try await stream.finish()
        }
    }
}

extension PostgresConnection {
    /// Copies a table or a statement's rows out, in binary: rows as a query gives them, with less work for the server.
    ///
    /// - Throws: `server` with the server's reason, `cancelled`, `connectionClosed`; the rows throw what comes later.
    public func copy(from source: PostgresCopySource) async throws(PostgresError) -> PostgresRows {
        let statement = try await session.prepared(source.select)
        return try await copyOut("COPY \(source.sql) TO STDOUT (FORMAT binary)", columns: statement.columns)
    }

    /// Copies a table or a statement's rows out as bytes, in text or CSV format.
    ///
    /// - Throws: `server` with the server's reason, `cancelled`, `connectionClosed`; the pieces throw what comes later.
    public func copy(
        from source: PostgresCopySource, format: PostgresCopyFormat
    ) async throws(PostgresError) -> PostgresCopyBytes {
        PostgresCopyBytes(rows: try await copyOut("COPY \(source.sql) TO STDOUT (\(format.options))", columns: nil))
    }

    /// `columns` nil: a stream of bytes.
    private func copyOut(_ sql: String, columns: ColumnSet?) async throws(PostgresError) -> PostgresRows {
        let text = try sql.checkedCString("the COPY statement")
        let request = Request(
            .copyOut(CopyOutExchange()), sql: text, columns: columns ?? .none, keepsRows: true,
            isByteStream: columns == nil)
        await session.run(request, until: .copyBegan) { (state) throws(PostgresError) in
            try state.encode { (buffer) throws(PostgresError) in FrontendMessage.query(text, to: &buffer) }
        }
        if let failure = session.change({ _, _ in request.failure }) { throw failure }
        return PostgresRows(
            columns: request.columns, first: nil,
            source: RowSource(connection: self, request: request), tag: nil)
    }
}
