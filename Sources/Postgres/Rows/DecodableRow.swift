import PostgresTypes
import PostgresWire

/// A row as Swift's `Decodable` sees it: a keyed container of its columns.
struct DecodableRow: Decoder {
    /// Where each key's cell is; made once for all rows of a result.
    final class Keys: Sendable {
        let strategy: PostgresKeyStrategy
        let indices: [ExactText: Int]

        init(_ columns: [PostgresColumn], _ strategy: PostgresKeyStrategy) {
            self.strategy = strategy
            indices = Dictionary(
                columns.enumerated().map { (ExactText(strategy.normalized(column: $1.name)), $0) },
                uniquingKeysWith: { first, _ in
                    first
                })
        }

        func index(of key: any CodingKey) -> Int? { indices[ExactText(strategy.normalized(key: key.stringValue))] }
    }

    let cells: [PostgresCell]
    let keys: Keys
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Decodes a row, with errors of ours.
    static func decode<T: Decodable>(
        _: T.Type, from row: PostgresRow, keys: Keys
    ) throws(PostgresError) -> T {
        let cells = try row.cells()
        do {
            return try T(from: DecodableRow(cells: cells, keys: keys))
        } catch let error as PostgresError {
            throw error
        } catch let error as DecodingError {
            throw Self.explained(error, T.self)
        } catch {
            throw PostgresError(.decodingFailed, "a row cannot be read as \(T.self): \(error)")
        }
    }

    /// In words that show no value.
    private static func explained<T>(_ error: DecodingError, _: T.Type) -> PostgresError {
        func said(_ reason: String, _ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> PostgresError {
            var error = PostgresError(.decodingFailed, "a row cannot be read as \(T.self): \(reason)")
            let path = context.codingPath + (key.map { [$0] } ?? [])
            if !path.isEmpty { error.column = path.map(\.stringValue).joined(separator: ".") }
            return error
        }
        switch error {
        case .keyNotFound(let key, let context): return said("there is no such column", context, key)
        case .valueNotFound(let type, let context): return said("NULL where \(type) is wanted", context)
        case .typeMismatch(let type, let context): return said("it is no \(type)", context)
        case .dataCorrupted(let context): return said("the value is not allowed", context)
        @unknown default: return PostgresError(.decodingFailed, "a row cannot be read as \(T.self)")
        }
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(DecodableCells(cells: cells, keys: keys))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DecodingError.typeMismatch(
            [Any].self, .init(codingPath: codingPath, debugDescription: "a row is no list"))
    }

    /// A row of one column stands for its cell.
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard cells.count == 1, let cell = cells.first else {
            throw DecodingError.typeMismatch(
                Any.self, .init(codingPath: codingPath, debugDescription: "a row of several columns is no single value")
            )
        }
        return DecodableCell(cell: cell, codingPath: [])
    }
}

/// The cells of a row by key.
private struct DecodableCells<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let cells: [PostgresCell]
    let keys: DecodableRow.Keys
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { cells.compactMap { Key(stringValue: $0.column.name) } }

    func contains(_ key: Key) -> Bool { keys.index(of: key) != nil }

    private func cell(_ key: any CodingKey) throws -> DecodableCell {
        guard let index = keys.index(of: key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "the row has no such column"))
        }
        return DecodableCell(cell: cells[index], codingPath: [key])
    }

    func decodeNil(forKey key: Key) throws -> Bool { try cell(key).cell.isNull }
    func decode<T: Decodable>(_: T.Type, forKey key: Key) throws -> T { try cell(key).decode(T.self) }
    func superDecoder() throws -> any Decoder { DecodableRow(cells: cells, keys: keys) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try cell(key) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try cell(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try cell(key).unkeyedContainer()
    }
}

/// One cell, for types that are made of a single value.
private struct DecodableCell: Decoder, SingleValueDecodingContainer {
    let cell: PostgresCell
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decodeNil() -> Bool { cell.isNull }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let known = T.self as? any PostgresDecodable.Type, let value = try decode(known: known) as? T {
            return value
        }
        if let integer = T.self as? any FixedWidthInteger.Type, let value = try decode(integer: integer) as? T {
            return value
        }
        if cell.column.type == .json || cell.column.type == .jsonb, let bytes = cell.bytes {
            do {
                return try FoundationJSON.decode(T.self, from: bytes.span.bytes, type: cell.column.type)
            } catch {
                throw error.inColumn(cell.column.name)
            }
        }
        return try T(from: self)
    }

    private func decode<V: PostgresDecodable>(known _: V.Type) throws -> V { try cell.decode(as: V.self) }

    /// Integers that PostgreSQL has no type for.
    private func decode<I: FixedWidthInteger>(integer _: I.Type) throws -> I {
        guard let value = I(exactly: try cell.decode(as: Int64.self)) else {
            throw DecodingError.typeMismatch(
                I.self, .init(codingPath: codingPath, debugDescription: "the value is out of range"))
        }
        return value
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw DecodingError.typeMismatch(
            [String: Any].self,
            .init(codingPath: codingPath, debugDescription: "a cell of \(cell.column.type) has no keys"))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DecodingError.typeMismatch(
            [Any].self, .init(codingPath: codingPath, debugDescription: "a cell of \(cell.column.type) is no list"))
    }
}
