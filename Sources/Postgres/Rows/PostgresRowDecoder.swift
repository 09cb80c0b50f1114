public import PostgresTypes
public import PostgresWire

/// Reads the cells of one row from left to right.
///
/// Every length is checked against the row's end; an error names the column.
public struct PostgresRowDecoder: ~Copyable {
    @usableFromInline var cursor: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer
    @usableFromInline var index = 0
    /// Alive as long as the batch, which whoever made the decoder holds.
    @usableFromInline let columns: Unmanaged<ColumnSet>
    @usableFromInline let types: UnsafePointer<PostgresType>
    @usableFromInline let count: Int

    /// Reads the frame from `row` to `end`; both must stay alive as long as the decoder.
    @inlinable @inline(__always)
    init(row: UnsafeRawPointer, end: UnsafeRawPointer, columns: borrowing ColumnSet) {
        // A kind, a length, the number of cells: checked when the frame was cut.
        cursor = row + 7
        self.end = end
        self.columns = Unmanaged.passUnretained(copy columns)
        types = columns.types
        count = columns.count
    }

    /// The number of columns.
    public var columnCount: Int { count }

    /// The next cell as a value.
    ///
    /// - Throws: `decodingFailed`, naming the column, when the cell is not such a value or the row has no more cells.
    @inlinable @inline(__always)
    public mutating func next<V: PostgresDecodable>(_: V.Type = V.self) throws(PostgresError) -> V {
        let column = index
        let length = try nextLength()
        do {
            if length < 0 { return try V(postgresNull: types[column]) }
            let bytes = RawSpan(_unsafeStart: cursor, byteCount: length)
            let value = try V(binary: bytes, type: types[column])
            cursor += length
            return value
        } catch {
            return try nextText(V.self, length, error, column: column)
        }
    }

    /// Reads a cell that came as text as what it is: only text itself can be read without knowing that.
    @usableFromInline @inline(never)
    mutating func nextText<V: PostgresDecodable>(
        _: V.Type, _ length: Int, _ error: PostgresError, column: Int
    ) throws(PostgresError) -> V {
        guard length >= 0, columns.takeUnretainedValue().columns[column].format == .text else {
            throw naming(error, column: column)
        }
        do {
            let text = try String(binary: RawSpan(_unsafeStart: cursor, byteCount: length), type: .text)
            let value = try V(text: text, type: columns.takeUnretainedValue().columns[column].type)
            cursor += length
            return value
        } catch {
            throw naming(error, column: column)
        }
    }

    /// The next cell's bytes, or nil for NULL.
    @inlinable
    public mutating func nextBytes<R>(
        _ body: (RawSpan?, PostgresType) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        let column = index
        let length = try nextLength()
        do {
            if length < 0 { return try body(nil, types[column]) }
            let result = try body(RawSpan(_unsafeStart: cursor, byteCount: length), types[column])
            cursor += length
            return result
        } catch {
            throw naming(error, column: column)
        }
    }

    /// Passes over the next cell.
    public mutating func skip() throws(PostgresError) {
        let length = try nextLength()
        if length > 0 { cursor += length }
    }

    /// Throws when cells are left: the caller has asked for too few.
    @inlinable @inline(__always)
    public func finish() throws(PostgresError) {
        if index != count { throw tooFewRead() }
    }

    /// The checked length of the next cell, -1 for NULL; the cursor stands behind it.
    @inlinable @inline(__always)
    mutating func nextLength() throws(PostgresError) -> Int {
        guard index < count else { throw noMoreCells() }
        guard end - cursor >= 4 else { throw invalidLength() }
        let length = Int(Int32(bigEndian: cursor.loadUnaligned(as: Int32.self)))
        cursor += 4
        guard length <= end - cursor, length >= -1 else { throw invalidLength() }
        index &+= 1
        return length
    }

    @usableFromInline @inline(never)
    func naming(_ error: PostgresError, column: Int) -> PostgresError {
        var error = error
        if error.column == nil { error.column = columns.takeUnretainedValue().columns[column].name }
        return error
    }

    @usableFromInline @inline(never)
    func noMoreCells() -> PostgresError {
        PostgresError(.decodingFailed, "the row has \(count) columns; more were asked for")
    }

    @usableFromInline @inline(never)
    func tooFewRead() -> PostgresError {
        PostgresError(.decodingFailed, "the row has \(count) columns; \(index) were asked for")
    }

    @usableFromInline @inline(never)
    func invalidLength() -> PostgresError {
        PostgresError(.protocolViolation, "a cell's length does not fit into its row")
    }
}
