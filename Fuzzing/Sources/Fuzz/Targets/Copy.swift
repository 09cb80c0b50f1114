@testable import Postgres
@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// A binary COPY from the server: header, rows, trailer, as the session cuts them; then the rows' cells.
    ///
    /// The first byte says how many columns there are, the next ones of which types.
    static let copy = FuzzTarget(name: "copy") { input in
        var input = input
        let columns = columns(from: &input)
        var buffer = FrameBuffer()
        // Each line of the input is one CopyData, so that lengths need no luck.
        while !input.isEmpty {
            let content = input.piece()
            var frame = PostgresBuffer()
            frame.append(BackendKind.copyData)
            frame.append(Int32(content.count + 4))
            frame.append(content)
            frame.withUnsafeBytes {
                buffer.freeSpace().copyBytes(from: $0)
                buffer.commit($0.count)
            }
        }
        _ = readOrViolate { () throws(PostgresError) in try readCopy(&buffer, ColumnSet(columns)) }
    }

    /// Rows of an ordinary result: columns as before, the rest is what follows a row's number of cells.
    static let rows = FuzzTarget(name: "rows") { input in
        var input = input
        let columns = columns(from: &input)
        var frame = PostgresBuffer()
        frame.append(BackendKind.dataRow)
        frame.append(Int32(input.rest.count + 6))
        frame.append(Int16(columns.count))
        frame.append(input.rest)
        var buffer = FrameBuffer()
        frame.withUnsafeBytes {
            buffer.freeSpace().copyBytes(from: $0)
            buffer.commit($0.count)
        }
        let (size, count) = buffer.run(of: BackendKind.dataRow, cells: columns.count)
        check(count == 1 && size == frame.count, "one row")
        readRows(buffer.takeRows(size, count, ColumnSet(columns)))
    }
}

private let columnTypes: [PostgresType] = [
    .int8, .text, .bool, .float8, .numeric, .timestamptz, .jsonb, .uuid, .bytea, .textArray, .int4range, .record, .inet,
    .tsvector, .path, .interval,
]

private func columns(from input: inout FuzzInput) -> [PostgresColumn] {
    (0..<(1 + input.byte() % 6)).map { index in
        let choice = input.byte()
        var column = PostgresColumn(name: "c\(index)", type: columnTypes[Int(choice & 15)])
        if choice & 16 != 0 { column.format = .text }
        return column
    }
}

private func readOrViolate<V>(_ body: () throws(PostgresError) -> V) -> V? {
    do { return try body() } catch {
        let codes: [PostgresError.Code] = [.protocolViolation, .decodingFailed, .invalidUse]
        check(codes.contains(error.code), "bytes from the server are refused as \(error.code)")
        return nil
    }
}

/// As `Session.takeCopyHeader` and `takeRows`.
private func readCopy(_ buffer: inout FrameBuffer, _ columns: ColumnSet) throws(PostgresError) {
    guard let first = try buffer.nextFrame() else { return }
    let header = try BinaryCopy.headerSize(buffer.content(of: first))
    check(header >= 19 && header <= first.size - 5, "a header is within its message")
    if header == first.size - 5 { buffer.consume(first.size) } else { buffer.dropFirst(header, of: first) }
    while let frame = try buffer.nextFrame() {
        let (size, count) = buffer.run(of: BackendKind.copyData, cells: columns.count)
        if count > 0 {
            readRows(buffer.takeRows(size, count, columns))
        } else {
            guard BinaryCopy.isTrailer(buffer.content(of: frame)) else { return }
            buffer.consume(frame.size)
        }
    }
}

/// Every way to read a row: whole, cell by cell, as values of types that fit and that do not.
private func readRows(_ batch: RowBatch) {
    for index in 0..<batch.rowCount {
        guard let row = batch.row(index) else { return check(false, "a row for each that was counted") }
        guard let cells = readOrViolate({ () throws(PostgresError) in try row.cells() }) else { continue }
        check(cells.count == row.count, "a cell for each column")
        _ = readOrViolate { () throws(PostgresError) in try row.dictionary() }
        for index in 0..<row.count {
            check(
                readOrViolate({ () throws(PostgresError) in try row.decode(index, as: PostgresRawValue?.self) }) != nil,
                "raw")
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: String?.self) }
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: Int?.self) }
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: Double?.self) }
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: [String?]?.self) }
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: JSONValue?.self) }
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: PostgresTimestampTZ?.self) }
            _ = readOrViolate { () throws(PostgresError) in try row.decode(index, as: PostgresRecord?.self) }
        }
    }
}
