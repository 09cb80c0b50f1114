import PostgresTypes

/// Which cells a canonical row of a table has, and which of them are its key.
struct CanonicalLayout: Sendable {
    var names: [String]
    var types: [ColumnType]
    /// Positions of the key's cells; empty when rows have no key.
    var key: [Int]

    /// One cell per column, and for documents one more: the whole document, put together again.
    init(_ table: TablePlan) {
        names = table.columns.map(\.target)
        types = table.columns.map(\.type)
        if table.documentColumn != nil {
            names.append("the whole document")
            types.append(.jsonb)
        }
        let columns = table.columns.map(\.target)
        key = table.rowKey.compactMap { columns.firstIndex(of: $0) }
    }

    /// A row by its key, for people.
    func name(ofRow cells: [CanonicalCell]) -> String {
        let parts = key.compactMap { position -> String? in
            cells.indices.contains(position)
                ? "\(names[position]) = \(cells[position].shown(as: types[position]))" : nil
        }
        return parts.joined(separator: ", ")
    }

    /// The bytes of a row's key cells, which tell it from all others.
    func keyBytes(of row: [UInt8]) -> [UInt8] {
        guard !key.isEmpty else { return row }
        let cells = CanonicalCell.split(row)
        return key.flatMap { position -> [UInt8] in
            let cell = cells[position].bytes
            // With its length, so that ("ab", "c") is not ("a", "bc").
            return withUnsafeBytes(of: Int32(clamping: cell?.count ?? -1)) { Array($0) } + (cell ?? [])
        }
    }
}

extension JSONValue {
    /// The JSON that a document had in the place of a column, from the column's canonical cell.
    init?(_ cell: CanonicalCell, type: ColumnType) {
        guard let bytes = cell.bytes else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        switch type {
        case .boolean: self = .bool(text == "true")
        case .smallint, .integer, .bigint, .numeric:
            guard let number = JSONNumber(lexeme: text) else { return nil }
            self = .number(number)
        case .doublePrecision:
            guard let bits = UInt64(text.dropFirst(), radix: 16), let number = JSONNumber(Double(bitPattern: bits))
            else {
                return nil
            }
            self = .number(number)
        // Documents write milliseconds; microseconds that came from elsewhere are kept, to show as a difference.
        case .timestamptz where text.hasSuffix("000Z"): self = .string(text.dropLast(4) + "Z")
        default: self = .string(text)
        }
    }
}
