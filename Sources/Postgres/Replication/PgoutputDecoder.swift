import PostgresTypes
import PostgresWire

/// The content of XLogData as messages of pgoutput, versions 1 to 4.
///
/// Pure: bytes in, a message out. It keeps what later messages refer to, the tables, and whether a chunk of a transaction
/// in progress is open, since messages inside one begin with the transaction's number.
struct PgoutputDecoder {
    private var tables: [UInt32: PostgresReplicatedTable] = [:]
    private var isInChunk = false

    /// - Throws: `protocolViolation` when the bytes are no such message.
    mutating func decode(_ content: UnsafeRawBufferPointer) throws(PostgresError) -> PostgresReplicationMessage {
        var reader = MessageReader(content, "replication")
        let message = try message(&reader)
        try reader.finish()
        return message
    }

    private mutating func message(_ reader: inout MessageReader) throws(PostgresError) -> PostgresReplicationMessage {
        let kind = Character(UnicodeScalar(try reader.integer(UInt8.self)))
        switch kind {
        case "B":
            return .begin(
                .init(position: try lsn(&reader), committedAt: try time(&reader), transaction: try reader.integer()))
        case "C":
            _ = try reader.integer(UInt8.self)
            return .commit(try commit(&reader))
        case "O":
            return .origin(PostgresReplicationOrigin(position: try lsn(&reader), name: try reader.cString()))
        case "S":
            let start = (try reader.integer(UInt32.self), try reader.integer(UInt8.self) == 1)
            guard !isInChunk else { throw invalid("a chunk of a transaction begins inside another") }
            isInChunk = true
            return .streamStart(transaction: start.0, isFirst: start.1)
        case "E":
            guard isInChunk else { throw invalid("a chunk of a transaction ends that has not begun") }
            isInChunk = false
            return .streamStop
        case "c":
            let transaction = try reader.integer(UInt32.self)
            _ = try reader.integer(UInt8.self)
            return .streamCommit(try commit(&reader), transaction: transaction)
        case "A":
            let numbers = (try reader.integer(UInt32.self), try reader.integer(UInt32.self))
            // Version 4 with streaming parallel adds where and when.
            if reader.remaining == 16 { _ = try reader.slice(16) }
            return .streamAbort(transaction: numbers.0, subtransaction: numbers.1)
        case "b":
            return .beginPrepare(try prepared(&reader))
        case "P", "p", "K":
            _ = try reader.integer(UInt8.self)
            let prepared = try prepared(&reader)
            return kind == "P" ? .prepare(prepared) : kind == "p" ? .streamPrepare(prepared) : .commitPrepared(prepared)
        case "r":
            return try rollbackPrepared(&reader)
        case "R", "Y", "I", "U", "D", "T", "M":
            let transaction = isInChunk ? try reader.integer(UInt32.self) : nil
            return try inside(kind, transaction, &reader)
        default:
            throw invalid("a message is of the unknown kind \(kind)")
        }
    }

    /// What may stand inside a chunk.
    private mutating func inside(
        _ kind: Character, _ transaction: UInt32?, _ reader: inout MessageReader
    ) throws(PostgresError) -> PostgresReplicationMessage {
        switch kind {
        case "R":
            let table = try table(&reader)
            tables[table.oid] = table
            return .table(table)
        case "Y":
            return .type(
                PostgresReplicatedType(
                    type: PostgresType(rawValue: try reader.integer()), schema: try reader.cString(),
                    name: try reader.cString()))
        case "I": return .change(.insert(try newRow(try knownTable(&reader), &reader)), transaction: transaction)
        case "U": return .change(try update(try knownTable(&reader), &reader), transaction: transaction)
        case "D":
            let table = try knownTable(&reader)
            let mark = try reader.integer(UInt8.self)
            guard let old = try oldRow(mark, table, &reader) else { throw invalid("a deleted row is missing") }
            return .change(.delete(old), transaction: transaction)
        case "T": return .change(try truncate(&reader), transaction: transaction)
        default:
            let flags = try reader.integer(UInt8.self)
            let position = try lsn(&reader)
            let prefix = try reader.cString()
            let content = try reader.bytes(Int(try reader.integer(Int32.self)))
            return .change(
                .message(
                    PostgresLogicalMessage(
                        isTransactional: flags & 1 == 1, position: position, prefix: prefix, content: content)),
                transaction: transaction)
        }
    }

    // MARK: Tables and rows

    private func table(_ reader: inout MessageReader) throws(PostgresError) -> PostgresReplicatedTable {
        let oid = try reader.integer(UInt32.self)
        let (schema, name) = (try reader.cString(), try reader.cString())
        guard let identity = PostgresReplicatedTable.Identity(rawValue: try reader.integer()) else {
            throw invalid("a table has an unknown replica identity")
        }
        let count = try reader.count(eachAtLeast: 10)
        var columns: [PostgresReplicatedTable.Column] = []
        columns.reserveCapacity(count)
        for _ in 0..<count {
            let flags = try reader.integer(UInt8.self)
            columns.append(
                PostgresReplicatedTable.Column(
                    name: try reader.cString(), type: PostgresType(rawValue: try reader.integer()),
                    typeModifier: Int(try reader.integer(Int32.self)), isKey: flags & 1 == 1))
        }
        return PostgresReplicatedTable(oid: oid, schema: schema, name: name, identity: identity, columns: columns)
    }

    private func knownTable(_ reader: inout MessageReader) throws(PostgresError) -> PostgresReplicatedTable {
        let oid = try reader.integer(UInt32.self)
        guard let table = tables[oid] else { throw invalid("a change is of the table \(oid), which was not described") }
        return table
    }

    private func update(
        _ table: PostgresReplicatedTable, _ reader: inout MessageReader
    ) throws(PostgresError) -> PostgresChange {
        let mark = try reader.integer(UInt8.self)
        if mark == UInt8(ascii: "N") { return .update(old: nil, new: try row(table, isKeyOnly: false, &reader)) }
        guard let old = try oldRow(mark, table, &reader) else { throw invalid("an updated row is missing") }
        return .update(old: old, new: try newRow(table, &reader))
    }

    private func newRow(
        _ table: PostgresReplicatedTable, _ reader: inout MessageReader
    ) throws(PostgresError) -> PostgresReplicatedRow {
        guard try reader.integer(UInt8.self) == UInt8(ascii: "N") else { throw invalid("a new row is missing") }
        return try row(table, isKeyOnly: false, &reader)
    }

    private func oldRow(
        _ mark: UInt8, _ table: PostgresReplicatedTable, _ reader: inout MessageReader
    ) throws(PostgresError) -> PostgresReplicatedRow? {
        switch mark {
        case UInt8(ascii: "K"): try row(table, isKeyOnly: true, &reader)
        case UInt8(ascii: "O"): try row(table, isKeyOnly: false, &reader)
        default: nil
        }
    }

    private func row(
        _ table: PostgresReplicatedTable, isKeyOnly: Bool, _ reader: inout MessageReader
    ) throws(PostgresError) -> PostgresReplicatedRow {
        let count = try reader.count(eachAtLeast: 1)
        guard count == table.columns.count else {
            throw invalid("a row of \(table) has \(count) cells, the table has \(table.columns.count) columns")
        }
        var cells: [PostgresReplicatedRow.Cell] = []
        cells.reserveCapacity(count)
        // No more than what is left can be cells: one allocation, bounded by the message.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(reader.remaining)
        for _ in 0..<count {
            guard let kind = PostgresReplicatedRow.Cell.Kind(rawValue: try reader.integer()) else {
                throw invalid("a cell of \(table) is of an unknown kind")
            }
            var cell = PostgresReplicatedRow.Cell(kind: kind)
            if kind == .text || kind == .binary {
                let content = try reader.slice(Int(try reader.integer(Int32.self)))
                cell.offset = bytes.count
                cell.count = content.count
                bytes.append(contentsOf: content)
            }
            cells.append(cell)
        }
        return PostgresReplicatedRow(table: table, isKeyOnly: isKeyOnly, bytes: bytes, cells: cells)
    }

    private func truncate(_ reader: inout MessageReader) throws(PostgresError) -> PostgresChange {
        let count = Int(try reader.integer(Int32.self))
        let options = PostgresTruncateOptions(rawValue: try reader.integer())
        guard count >= 0, count <= reader.remaining / 4 else { throw invalid("a list of tables is too long") }
        var tables: [PostgresReplicatedTable] = []
        tables.reserveCapacity(count)
        for _ in 0..<count { tables.append(try knownTable(&reader)) }
        return .truncate(tables, options)
    }

    // MARK: Parts

    private func commit(_ reader: inout MessageReader) throws(PostgresError) -> PostgresReplicationMessage.Commit {
        .init(position: try lsn(&reader), end: try lsn(&reader), committedAt: try time(&reader))
    }

    private func prepared(_ reader: inout MessageReader) throws(PostgresError) -> PostgresReplicationMessage.Prepared {
        .init(
            position: try lsn(&reader), end: try lsn(&reader), at: try time(&reader),
            transaction: try reader.integer(), name: try reader.cString())
    }

    private func rollbackPrepared(
        _ reader: inout MessageReader
    ) throws(PostgresError) -> PostgresReplicationMessage {
        _ = try reader.integer(UInt8.self)
        // The end of the prepared transaction, then the end of its rollback; so with the times.
        let (position, end) = (try lsn(&reader), try lsn(&reader))
        let (preparedAt, rolledBackAt) = (try time(&reader), try time(&reader))
        return .rollbackPrepared(
            .init(
                position: position, end: end, at: preparedAt, transaction: try reader.integer(),
                name: try reader.cString()), rolledBackAt: rolledBackAt)
    }

    private func lsn(_ reader: inout MessageReader) throws(PostgresError) -> PostgresLSN {
        PostgresLSN(rawValue: try reader.integer())
    }

    private func time(_ reader: inout MessageReader) throws(PostgresError) -> PostgresTimestampTZ {
        PostgresTimestampTZ(microsecondsSince2000: try reader.integer())
    }

    private func invalid(_ what: String) -> PostgresError {
        PostgresError(.protocolViolation, "in the server's replication stream \(what)")
    }
}
