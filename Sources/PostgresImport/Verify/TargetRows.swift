import Postgres
import PostgresTypes
import PostgresWire

/// Brings rows of a PostgreSQL table to canonical form.
struct TargetRows: Sendable {
    let table: TablePlan
    let schema: String

    /// The columns to read, in the order of the canonical cells.
    var columns: [String] { table.columns.map(\.target) + [table.documentColumn].compactMap { $0 } }

    var identifier: PostgresIdentifier { PostgresIdentifier(schema: schema, table.target) }

    /// Starts to read every row by COPY.
    func makeReader(over connection: PostgresConnection) async throws -> TargetRowReader {
        let rows = try await connection.copy(from: .table(identifier, columns: columns))
        return TargetRowReader(rows: self, iterator: rows.makeAsyncIterator())
    }

    fileprivate func append(_ source: PostgresRow, to row: inout CanonicalRow) throws(PostgresError) {
        try source.withDecoder { (decoder) throws(PostgresError) in try append(&decoder, to: &row) }
    }

    private func append(_ decoder: inout PostgresRowDecoder, to row: inout CanonicalRow) throws(PostgresError) {
        for column in table.columns {
            try decoder.nextBytes { (cell, _) throws(PostgresError) in
                guard let cell else {
                    row.appendNull()
                    return
                }
                try cell.withUnsafeBytes { (bytes) throws(PostgresError) in
                    try TargetCell.append(bytes, as: column.type, to: &row)
                }
            }
        }
        guard table.documentColumn != nil else { return }
        let data = try decoder.nextBytes { (cell, type) throws(PostgresError) -> JSONValue in
            guard let cell else { return .null }
            return try cell.withUnsafeBytes { (bytes) throws(PostgresError) in
                try TargetCell.json(bytes, type == .json ? .json : .jsonb)
            }
        }
        appendDocument(data, to: &row)
    }

    /// Appends the cell of the whole document: the rest and the columns put together again.
    func appendDocument(_ data: JSONValue, to row: inout CanonicalRow) {
        var document = data.object ?? JSONObject()
        for (column, cell) in zip(table.columns, row.cells()) where column.source != MongoCell.key {
            if let value = JSONValue(cell, type: column.type) { _ = document.insert(column.source, value) }
        }
        let start = row.beginCell()
        row.buffer.append(json: .object(document), canonical: true)
        row.endCell(start)
    }
}

/// A cursor over the rows of a table in PostgreSQL, in canonical form.
struct TargetRowReader {
    fileprivate let rows: TargetRows
    fileprivate var iterator: PostgresRows.AsyncIterator

    /// Puts the next row into `row`. False after the last.
    mutating func next(_ row: inout CanonicalRow) async throws(PostgresError) -> Bool {
        guard let source = try await iterator.next() else { return false }
        row.removeAll()
        try rows.append(source, to: &row)
        return true
    }
}
