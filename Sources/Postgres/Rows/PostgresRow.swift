public import PostgresTypes
public import PostgresWire

/// One row of a result.
///
///     let (id, name) = try row.decode(as: (Int, String).self)
///     let age = try row.decode("age", as: Int?.self)
public struct PostgresRow: Sendable {
    @usableFromInline let batch: RowBatch
    @usableFromInline let offset: Int
    @usableFromInline let end: Int

    @inlinable
    init(batch: RowBatch, offset: Int, end: Int) {
        self.batch = batch
        self.offset = offset
        self.end = end
    }

    /// The number of columns.
    public var count: Int { batch.columns.count }
    /// The columns, in order.
    public var columns: [PostgresColumn] { batch.columns.columns }

    /// Reads the row from left to right.
    @inlinable
    public func withDecoder<R>(
        _ body: (inout PostgresRowDecoder) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        // The frame's memory is there: it has at least a kind, a length and a number of cells.
        let start = UnsafeRawPointer(batch.memory.baseAddress.unsafelyUnwrapped)
        var decoder = PostgresRowDecoder(row: start + offset, end: start + end, columns: batch.columns)
        return try withExtendedLifetimeOfBatch { () throws(PostgresError) in try body(&decoder) }
    }

    @inlinable @inline(__always)
    func withExtendedLifetimeOfBatch<R>(_ body: () throws(PostgresError) -> R) throws(PostgresError) -> R {
        defer { withExtendedLifetime(batch) {} }
        return try body()
    }

    /// All cells, as a tuple of as many values as there are columns.
    ///
    /// - Throws: `decodingFailed` for another number of columns, and for a cell that is not such a value, with its column.
    @inlinable
    public func decode<each V: PostgresDecodable>(
        as _: (repeat each V).Type = (repeat each V).self
    ) throws(PostgresError) -> (repeat each V) {
        try withDecoder { (decoder) throws(PostgresError) in
            let values = (repeat try decoder.next((each V).self))
            try decoder.finish()
            return values
        }
    }

    /// One cell by its place, from 0.
    ///
    /// - Throws: `invalidUse` where there is no such place, `decodingFailed` when the cell is not such a value.
    public func decode<V: PostgresDecodable>(_ index: Int, as _: V.Type = V.self) throws(PostgresError) -> V {
        guard index >= 0, index < count else {
            throw PostgresError(.invalidUse, "the row has \(count) columns, there is none at \(index)")
        }
        return try withDecoder { (decoder) throws(PostgresError) in
            for _ in 0..<index { try decoder.skip() }
            return try decoder.next(V.self)
        }
    }

    /// One cell by its column's name; the first one where several columns share a name.
    ///
    /// Searches the columns each time; in a loop over many rows, read by place.
    ///
    /// - Throws: `invalidUse` where there is no such column, `decodingFailed` when the cell is not such a value.
    public func decode<V: PostgresDecodable>(_ column: String, as _: V.Type = V.self) throws(PostgresError) -> V {
        guard let index = columns.firstIndex(where: { ExactText.areSame($0.name, column) }) else {
            throw PostgresError(
                .invalidUse, "the row has no column \(column); it has \(columns.map(\.name).joined(separator: ", "))")
        }
        return try decode(index, as: V.self)
    }
}
