public import PostgresTypes
public import PostgresWire

/// A row of a change.
///
///     let (id, total) = (try row.decode("id", as: Int.self), try row.decode("total", as: Decimal?.self))
///
/// Its description names the table and no value.
public struct PostgresReplicatedRow: Sendable, Hashable {
    struct Cell: Sendable, Hashable {
        enum Kind: UInt8, Sendable {
            case null = 0x6E  // n
            case unchanged = 0x75  // u
            case text = 0x74  // t
            case binary = 0x62  // b
        }

        var kind: Kind
        var offset = 0
        var count = 0
    }

    /// The table it belongs to.
    public let table: PostgresReplicatedTable
    /// True for the old row of an update or delete that holds nothing but what identifies it; its other cells are NULL.
    public let isKeyOnly: Bool
    private let bytes: [UInt8]
    private let cells: [Cell]

    /// As many cells as the table has columns, which the decoder has checked.
    init(table: PostgresReplicatedTable, isKeyOnly: Bool, bytes: [UInt8], cells: [Cell]) {
        self.table = table
        self.isKeyOnly = isKeyOnly
        self.bytes = bytes
        self.cells = cells
    }

    /// One cell by its column's name.
    ///
    /// - Throws: `invalidUse` where the table has no such column or the server has not sent the cell,
    ///   `decodingFailed` when the cell is not such a value.
    public func decode<V: PostgresDecodable>(_ column: String, as _: V.Type = V.self) throws(PostgresError) -> V {
        try decode(try index(of: column), as: V.self)
    }

    /// One cell by its place, from 0.
    ///
    /// - Throws: as `decode` by name.
    public func decode<V: PostgresDecodable>(_ index: Int, as _: V.Type = V.self) throws(PostgresError) -> V {
        let cell = try cell(index)
        let column = table.columns[index]
        do throws(PostgresError) {
            switch cell.kind {
            case .null: return try V(postgresNull: column.type)
            case .binary, .text:
                // Text: a type without a binary form, or a server before 14.
                let span = bytes.span.bytes.extracting(cell.offset..<(cell.offset + cell.count))
                return try V(binary: span, type: cell.kind == .binary ? column.type : .text)
            case .unchanged:
                throw PostgresError(
                    .invalidUse, "the server has not sent the cell, since the update left its large value as it was",
                    advice: "Ask isUnchanged first, or give the table REPLICA IDENTITY FULL and look into the old row")
            }
        } catch {
            var error = error
            if error.column == nil { error.column = column.name }
            throw error
        }
    }

    /// All cells from the left, as a tuple of as many values as there are columns.
    ///
    /// - Throws: as `decode` by name, and `decodingFailed` for another number of columns.
    public func decode<each V: PostgresDecodable>(
        as _: (repeat each V).Type = (repeat each V).self
    ) throws(PostgresError) -> (repeat each V) {
        var index = 0
        func next<T: PostgresDecodable>(_: T.Type) throws(PostgresError) -> T {
            guard index < cells.count else {
                throw PostgresError(.decodingFailed, "the row has \(cells.count) columns; more were asked for")
            }
            defer { index += 1 }
            return try decode(index, as: T.self)
        }
        let values = (repeat try next((each V).self))
        guard index == cells.count else {
            throw PostgresError(.decodingFailed, "the row has \(cells.count) columns; \(index) were asked for")
        }
        return values
    }

    /// True when an update left a large value as it was, and the server did not send it again.
    ///
    /// - Throws: `invalidUse` where the table has no such column.
    public func isUnchanged(_ column: String) throws(PostgresError) -> Bool {
        try cell(try index(of: column)).kind == .unchanged
    }

    /// True for NULL.
    ///
    /// - Throws: `invalidUse` where the table has no such column.
    public func isNull(_ column: String) throws(PostgresError) -> Bool {
        try cell(try index(of: column)).kind == .null
    }

    private func index(of column: String) throws(PostgresError) -> Int {
        guard let index = table.columns.firstIndex(where: { ExactText.areSame($0.name, column) }) else {
            throw PostgresError(
                .invalidUse,
                "the table \(table) has no column \(column); it has \(table.columns.map(\.name).joined(separator: ", "))",
                advice: "A publication may leave columns out")
        }
        return index
    }

    private func cell(_ index: Int) throws(PostgresError) -> Cell {
        guard cells.indices.contains(index) else {
            throw PostgresError(.invalidUse, "the row has \(cells.count) columns, there is none at \(index)")
        }
        return cells[index]
    }
}

extension PostgresReplicatedRow: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The table's name and no value.
    public var description: String { isKeyOnly ? "a key of \(table)" : "a row of \(table)" }
    public var debugDescription: String { description }
    /// Keeps `dump` from showing values.
    public var customMirror: Mirror { Mirror(self, children: ["table": table.description]) }
}
