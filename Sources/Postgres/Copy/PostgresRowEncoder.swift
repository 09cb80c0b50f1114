public import PostgresTypes
public import PostgresWire

/// Writes the cells of one COPY row from left to right. Every value must fit its column; an error names the column.
public struct PostgresRowEncoder: ~Copyable {
    @usableFromInline var buffer: PostgresBuffer
    @usableFromInline let columns: ColumnSet
    @usableFromInline let types: UnsafePointer<PostgresType>
    @usableFromInline let count: Int
    @usableFromInline var index = 0

    init(columns: ColumnSet) {
        buffer = PostgresBuffer(capacity: 4096)
        self.columns = columns
        types = columns.types
        count = columns.count
    }

    /// The columns, in the order in which they are to be written.
    public var columnList: [PostgresColumn] { columns.columns }

    /// Writes the next cell.
    @inlinable @inline(__always)
    public mutating func append<V: PostgresEncodable>(_ value: V) throws(PostgresError) {
        guard index < count else { throw tooManyCells() }
        do {
            try buffer.appendCell(value, as: types[index])
        } catch {
            throw naming(error)
        }
        index &+= 1
    }

    /// Writes NULL as the next cell.
    @inlinable
    public mutating func appendNull() throws(PostgresError) {
        guard index < count else { throw tooManyCells() }
        buffer.append(Int32(-1))
        index &+= 1
    }

    /// Writes one row. Where `body` throws or writes too few cells, nothing of the row stays.
    @inlinable @inline(__always)
    mutating func row(
        _ body: (inout PostgresRowEncoder) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        let start = buffer.count
        buffer.append(Int16(truncatingIfNeeded: count))
        index = 0
        do throws(PostgresError) {
            try body(&self)
            if index != count { throw tooFewCells() }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    @usableFromInline @inline(never)
    func naming(_ error: PostgresError) -> PostgresError {
        var error = error
        if error.column == nil { error.column = columns.columns[index].name }
        return error
    }

    @usableFromInline @inline(never)
    func tooManyCells() -> PostgresError {
        PostgresError(.invalidUse, "a COPY row has more values than the \(count) columns")
    }

    @usableFromInline @inline(never)
    func tooFewCells() -> PostgresError {
        PostgresError(.invalidUse, "a COPY row has \(index) values for \(count) columns")
    }
}
