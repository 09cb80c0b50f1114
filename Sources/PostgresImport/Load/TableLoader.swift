import Postgres
import PostgresLocks
import PostgresTypes
import PostgresWire

/// Loads one table into the staging schema.
struct TableLoader<Source: ImportSource>: Sendable {
    let source: Source
    let table: TablePlan
    let staging: String
    /// The rows go on to a table that exists; what receives them here needs no keys.
    let isBare: Bool

    /// Rows between two reports of progress.
    private static var reportEvery: Int { 4096 }

    /// Creates the table and copies every row into it, in one transaction: an empty table that nobody else sees needs
    /// less write-ahead log.
    func load(
        over connection: PostgresConnection, board: ProgressBoard
    ) async throws -> (rows: Int, bytes: Int, seconds: Double) {
        let start = ContinuousClock.now
        let columns = table.columns.map(\.target) + [table.documentColumn].compactMap { $0 }
        let (rows, bytes) = try await connection.withQuickTransaction { transaction in
            try await transaction.execute(
                PostgresQuery(raw: TargetDDL(schema: staging).createTable(table, isBare: isBare)))
            return try await transaction.withConnection { connection in
                let sent = ByteCount()
                let rows = try await connection.copy(
                    into: PostgresIdentifier(schema: staging, table.target), columns: columns
                ) { writer in
                    try await copy(to: &writer, board, sent)
                }
                return (rows, sent.value)
            }
        }
        return (rows, bytes, (ContinuousClock.now - start).seconds)
    }

    private func copy(
        to writer: inout PostgresCopyWriter, _ board: ProgressBoard, _ sent: ByteCount
    ) async throws {
        let reader = try source.makeReader(for: table)
        var row = PostgresBuffer(capacity: 4096)
        var rows = 0
        var bytes = 0
        while try reader.next() {
            row.removeAll()
            try reader.appendCells(to: &row)
            bytes += row.count
            try await writer.writeRow { (encoder) throws(PostgresError) in
                try row.withUnsafeBytes { (cells) throws(PostgresError) in try Self.append(cells, to: &encoder) }
            }
            rows += 1
            if rows == Self.reportEvery {
                board.add(table: table.source, rows: rows, bytes: bytes)
                sent.add(bytes)
                rows = 0
                bytes = 0
            }
        }
        board.add(table: table.source, rows: rows, bytes: bytes)
        sent.add(bytes)
    }

    /// Hands over the cells of a row, each a length and its bytes.
    private static func append(
        _ cells: UnsafeRawBufferPointer, to encoder: inout PostgresRowEncoder
    ) throws(PostgresError) {
        var index = 0
        while index < cells.count {
            let length = Int(Int32(bigEndian: cells.loadUnaligned(fromByteOffset: index, as: Int32.self)))
            index += 4
            if length < 0 {
                try encoder.appendNull()
            } else {
                try encoder.append(EncodedCell(bytes: UnsafeRawBufferPointer(rebasing: cells[index..<index + length])))
                index += length
            }
        }
    }

    /// Creates keys and indexes and sets sequences.
    func addKeys(over connection: PostgresConnection) async throws -> Double {
        let start = ContinuousClock.now
        let ddl = TargetDDL(schema: staging)
        for statement in ddl.createKeys(table) {
            do {
                try await connection.withQuickTransaction { transaction in
                    _ = try await transaction.execute(PostgresQuery(raw: statement))
                }
            } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                throw ImportError(
                    .unfitValue, "two rows have the same key: \(error.server?.detail ?? statement)",
                    advice: "Remove one from the source, or the key from the plan", table: table.source)
            }
        }
        for column in table.columns where column.isIdentity {
            try await connection.execute(ddl.setSequence(column, of: table))
        }
        return (ContinuousClock.now - start).seconds
    }
}

extension PostgresConnection {
    /// Runs a transaction whose end does not wait for the disk: the import's last commit does, and with it all before it.
    /// Not a parameter of the session, which a pooler may refuse, and would keep for others.
    fileprivate func withQuickTransaction<R: Sendable>(
        _ body: @escaping @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await withTransaction { transaction in
            try await transaction.execute("SET LOCAL synchronous_commit = off")
            return try await body(transaction)
        }
    }
}

/// Bytes counted from within a closure.
private final class ByteCount: Sendable {
    private let bytes = Atomic<Int>(0)
    var value: Int { bytes.load(ordering: .relaxed) }
    func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }
}
