public import PostgresTypes
public import PostgresWire

extension PostgresDatabase {
    /// Copies rows into a table, in binary: the fastest way in, and every value is checked against its column.
    ///
    /// All or nothing: when `body` throws, or the server refuses a row, none is kept and the connection stays usable.
    /// `columns` are written in their order; empty means all of them in the table's order. `isFrozen` stores rows that
    /// need no vacuum, into a table made or emptied in this transaction. `condition` is SQL over the columns that rows
    /// must meet to be kept (WHERE of COPY); never put there what came from outside.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: what `body` throws, `encodingFailed` of its writes included; `server` when there is no such table or
    ///   column, or a row is refused; `invalidUse` when a column cannot be written; `cancelled`; `connectionClosed`,
    ///   saying how many rows had been sent.
    @discardableResult
    public func copy(
        into table: PostgresIdentifier, columns: [String] = [], isFrozen: Bool = false, where condition: String? = nil,
        file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (inout PostgresCopyWriter) async throws -> Void
    ) async throws -> Int {
        try await withConnection(file: file, line: line) { connection in
            try connection.checkLease()
            let source = PostgresCopySource.table(table, columns: columns)
            let statement = try await connection.session.described(source.select)
            let sql = try PostgresCopySource.copyInto(
                table, columns, options: "FORMAT binary", isFrozen: isFrozen, where: condition)
            let stream = try await CopyInStream(on: connection, sql: sql)
            var rowCount = 0
            do {
                guard stream.format.columns == statement.columns.count else {
                    throw PostgresError(
                        .invalidUse, "COPY takes \(stream.format.columns) of the \(statement.columns.count) columns",
                        advice: "Name the columns to write; generated ones cannot be written")
                }
                var writer = PostgresCopyWriter(columns: statement.columns, stream: stream)
                do {
                    defer { rowCount = writer.rowCount }
                    try await body(&writer)
                }
                try await writer.finish()
            } catch {
                await stream.fail()
                throw saying(rowCount, error)
            }
            do {
                return try await stream.finish()
            } catch {
                throw saying(rowCount, error)
            }
        }
    }

    /// Copies what is in `elements` into a table, in binary; `encode` appends the cells of one.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: as `copy(into:columns:)` does, and what `elements` throw.
    @discardableResult
    public func copy<S: AsyncSequence & Sendable>(
        _ elements: S, into table: PostgresIdentifier, columns: [String] = [],
        _ encode: @escaping @Sendable (S.Element, inout PostgresRowEncoder) throws(PostgresError) -> Void
    ) async throws -> Int {
        try await copy(into: table, columns: columns) { writer in
            for try await element in elements {
                try await writer.writeRow { (row) throws(PostgresError) in try encode(element, &row) }
            }
        }
    }

    /// Copies what is in `elements` into a table, in binary; `encode` appends the cells of one.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: as `copy(into:columns:)` does.
    @discardableResult
    public func copy<S: Sequence & Sendable>(
        _ elements: S, into table: PostgresIdentifier, columns: [String] = [],
        _ encode: @escaping @Sendable (S.Element, inout PostgresRowEncoder) throws(PostgresError) -> Void
    ) async throws -> Int {
        try await copy(into: table, columns: columns) { writer in
            for element in elements {
                try await writer.writeRow { (row) throws(PostgresError) in try encode(element, &row) }
            }
        }
    }
}

extension PostgresDatabase {
    /// Copies bytes in text or CSV format into a table; the server reads them.
    ///
    /// All or nothing, as for rows. A value that the server cannot read is its error, with the line in the context.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: what `body` throws; `server` when the server cannot read or store a row; `invalidUse` for an option that
    ///   the server does not have; `cancelled`, `connectionClosed`.
    @discardableResult
    public func copy(
        into table: PostgresIdentifier, columns: [String] = [], format: PostgresCopyFormat, isFrozen: Bool = false,
        where condition: String? = nil, file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (inout PostgresCopyBytesWriter) async throws -> Void
    ) async throws -> Int {
        try await withConnection(file: file, line: line) { connection in
            let options = try format.options(.into, serverVersion: connection.serverMajorVersion)
            let sql = try PostgresCopySource.copyInto(
                table, columns, options: options, isFrozen: isFrozen, where: condition)
            let stream = try await CopyInStream(on: connection, sql: sql)
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

    /// Copies pieces of text or CSV into a table; they need not end where a row does.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: as the closure's form does, and what `pieces` throw.
    @discardableResult
    public func copy<S: AsyncSequence & Sendable>(
        bytes pieces: S, into table: PostgresIdentifier, columns: [String] = [], format: PostgresCopyFormat
    ) async throws -> Int where S.Element == [UInt8] {
        try await copy(into: table, columns: columns, format: format) { copy in
            for try await piece in pieces { try await copy.write(piece) }
        }
    }

    /// Copies a file of text or CSV, on this machine, into a table.
    ///
    /// - Returns: how many rows the server took.
    /// - Throws: `invalidUse` when the file cannot be read, and as the closure's form does.
    @discardableResult
    public func copy(
        file path: String, into table: PostgresIdentifier, columns: [String] = [], format: PostgresCopyFormat
    ) async throws -> Int {
        let file = try CopyFile(reading: path)
        return try await copy(into: table, columns: columns, format: format) { copy in
            while let piece = try file.read() { try await copy.write(piece) }
        }
    }
}

extension PostgresDatabase {
    /// Copies a table or a statement's rows out as text or CSV, piece by piece to `body`.
    ///
    /// - Throws: `server` with the server's reason, `cancelled`, `connectionClosed`, and what `body` throws, after which
    ///   the server is told to stop.
    public func copy(
        from source: PostgresCopySource, format: PostgresCopyFormat, _ body: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await withConnection { connection in
            for try await piece in try await connection.copy(from: source, format: format) { try await body(piece) }
        }
    }

    /// Copies a table or a statement's rows out into a file on this machine, which is there when all is in it, and not
    /// before. An older one of the name is replaced.
    ///
    /// - Returns: how many bytes the file has.
    /// - Throws: `invalidUse` when the file cannot be written; `server`, `cancelled`, `connectionClosed`.
    @discardableResult
    public func copy(
        from source: PostgresCopySource, format: PostgresCopyFormat, toFile path: String
    ) async throws -> Int {
        let file = try CopyFile(writing: path)
        try await copy(from: source, format: format) { piece in try file.write(piece) }
        return try file.finish()
    }
}

extension PostgresConnection {
    /// Copies a table or a statement's rows out, in binary: rows as a query gives them, with less work for the server.
    ///
    /// - Throws: `server` with the server's reason, `cancelled`, `connectionClosed`; the rows throw what comes later.
    public func copy(from source: PostgresCopySource) async throws(PostgresError) -> PostgresRows {
        try checkLease()
        let statement = try await session.described(source.select)
        return try await copyOut("COPY \(source.sql) TO STDOUT (FORMAT binary)", columns: statement.columns)
    }

    /// Copies a table or a statement's rows out as bytes, in text or CSV format.
    ///
    /// - Throws: `server` with the server's reason, `cancelled`, `connectionClosed`; `invalidUse` for an option that this
    ///   direction, or the server, does not have; the pieces throw what comes later.
    public func copy(
        from source: PostgresCopySource, format: PostgresCopyFormat
    ) async throws(PostgresError) -> PostgresCopyBytes {
        try checkLease()
        let options = try format.options(.outOf, serverVersion: serverMajorVersion)
        return PostgresCopyBytes(rows: try await copyOut("COPY \(source.sql) TO STDOUT (\(options))", columns: nil))
    }

    /// `columns` nil: a stream of bytes.
    private func copyOut(_ sql: String, columns: ColumnSet?) async throws(PostgresError) -> PostgresRows {
        let text = try sql.checkedCString("the COPY statement")
        let request = Request(
            .copyOut(CopyOutExchange()), sql: text, columns: columns ?? .none, keepsRows: true,
            isByteStream: columns == nil)
        request.trace = session.tracing?.begin(.copyOut, text)
        await session.run(request, until: .copyBegan) { (state) throws(PostgresError) in
            try checkLease()
            FrontendMessage.query(text, to: &state.outbound)
        }
        if let failure = session.change({ _, _ in request.failure }) { throw failure }
        return PostgresRows(
            columns: request.columns, first: nil,
            source: RowSource(connection: self, request: request), tag: nil)
    }
}

/// A connection that is lost takes with it what it had been given: how much that was.
private func saying(_ rowCount: Int, _ error: any Error) -> any Error {
    guard var error = error as? PostgresError, error.code == .connectionClosed || error.server?.isFatal == true
    else { return error }
    error.message += "; \(rowCount) rows of the COPY had been written to it"
    return error
}
