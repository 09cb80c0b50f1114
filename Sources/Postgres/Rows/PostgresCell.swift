public import PostgresTypes
public import PostgresWire

/// One cell of a row, with its column: for code that knows the columns only when it runs.
public struct PostgresCell: Sendable, Hashable {
    /// Its column.
    public let column: PostgresColumn
    /// The value in the server's binary form; nil for NULL.
    public let bytes: [UInt8]?

    /// True for NULL.
    public var isNull: Bool { bytes == nil }

    /// The cell as a value.
    ///
    /// - Throws: `decodingFailed`, naming the column, when it is not such a value.
    public func decode<V: PostgresDecodable>(as _: V.Type = V.self) throws(PostgresError) -> V {
        do {
            guard let bytes else { return try V(postgresNull: column.type) }
            return try V(binary: bytes.span.bytes, type: column.type)
        } catch {
            throw error.inColumn(column.name)
        }
    }
}

extension PostgresRow {
    /// All cells, copied out of the row.
    ///
    /// - Throws: `protocolViolation` when the row's lengths do not add up.
    public func cells() throws(PostgresError) -> [PostgresCell] {
        try withDecoder { (decoder) throws(PostgresError) in
            var cells: [PostgresCell] = []
            cells.reserveCapacity(count)
            for column in columns {
                let bytes = try decoder.nextBytes { (bytes, _) throws(PostgresError) -> [UInt8]? in
                    guard let bytes else { return nil }
                    return bytes.withUnsafeBytes { [UInt8]($0) }
                }
                cells.append(PostgresCell(column: column, bytes: bytes))
            }
            return cells
        }
    }

    /// All cells by their columns' names; the last one where several columns share a name. Names that Swift takes for
    /// equal, since they look the same, are shared too: take such cells by ``decode(_:as:)``, which compares bytes.
    ///
    /// - Throws: `protocolViolation` when the row's lengths do not add up.
    public func dictionary() throws(PostgresError) -> [String: PostgresCell] {
        Dictionary(try cells().map { ($0.column.name, $0) }, uniquingKeysWith: { $1 })
    }
}

extension PostgresError {
    /// The error with the column it happened in, unless it names one already.
    func inColumn(_ name: String) -> PostgresError {
        var error = self
        if error.column == nil { error.column = name }
        return error
    }
}
