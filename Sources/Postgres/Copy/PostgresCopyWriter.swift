public import PostgresTypes
public import PostgresWire

/// Takes the rows of a COPY into a table, in binary.
///
///     try await pool.copy(into: "events", columns: ["id", "at", "data"]) { copy in
///         for event in events { try await copy.write(event.id, event.at, event.data) }
///     }
///
/// Rows gather until some 64 KB are together; then they are sent, and the writer waits while the server has more than
/// it can take. Each write may throw what the server has said meanwhile.
public struct PostgresCopyWriter: ~Copyable {
    @usableFromInline var encoder: PostgresRowEncoder
    let stream: CopyInStream
    /// Rows written so far.
    public private(set) var rowCount = 0

    /// Bytes at which what has gathered is sent.
    @usableFromInline static var flushSize: Int { 64 * 1024 }

    init(columns: ColumnSet, stream: CopyInStream) {
        encoder = PostgresRowEncoder(columns: columns)
        self.stream = stream
        FrontendMessage.beginCopyData(&encoder.buffer)
        BinaryCopy.appendHeader(to: &encoder.buffer)
    }

    /// The columns that a row is written for, with the types the server gave them.
    public var columns: [PostgresColumn] { encoder.columnList }

    /// Writes one row: a value for each column, in their order.
    ///
    /// - Throws: `encodingFailed`, naming the row and the column, when a value does not fit; `server`, `connectionClosed` when the
    ///   server has given up; `cancelled`.
    @inlinable
    public mutating func write<each V: PostgresEncodable>(_ values: repeat each V) async throws(PostgresError) {
        do throws(PostgresError) {
            try encoder.row { (encoder) throws(PostgresError) in
                repeat try encoder.append(each values)
            }
        } catch {
            throw numbering(error)
        }
        try await rowWritten()
    }

    /// Writes one row whose cells `encode` appends.
    @inlinable
    public mutating func writeRow(
        _ encode: (inout PostgresRowEncoder) throws(PostgresError) -> Void
    ) async throws(PostgresError) {
        do throws(PostgresError) {
            try encoder.row(encode)
        } catch {
            throw numbering(error)
        }
        try await rowWritten()
    }

    @inlinable @inline(__always)
    mutating func rowWritten() async throws(PostgresError) {
        countRow()
        if encoder.buffer.count >= Self.flushSize { try await flush() }
    }

    /// The error with the number of the row that was to be written.
    @usableFromInline @inline(never)
    func numbering(_ error: PostgresError) -> PostgresError {
        var error = error
        if error.row == nil { error.row = rowCount + 1 }
        return error
    }

    @usableFromInline mutating func countRow() { rowCount &+= 1 }

    /// Sends what has gathered.
    @usableFromInline
    mutating func flush() async throws(PostgresError) {
        try await stream.send(&encoder.buffer)
    }

    mutating func finish() async throws(PostgresError) {
        BinaryCopy.appendTrailer(to: &encoder.buffer)
        try await flush()
    }
}

/// Takes the bytes of a COPY into a table, in text or CSV as the format says.
public struct PostgresCopyBytesWriter: ~Copyable {
    private var buffer = PostgresBuffer(capacity: 4096)
    let stream: CopyInStream

    init(stream: CopyInStream) {
        self.stream = stream
        FrontendMessage.beginCopyData(&buffer)
    }

    /// A message is not longer than this and `flushSize`, however much is written at a time: the server takes 1 GB at most,
    /// and memory should not have to hold it all twice.
    private static let pieceSize = 1024 * 1024

    /// Writes bytes; they need not end where a row does.
    public mutating func write(_ bytes: RawSpan) async throws(PostgresError) {
        var start = 0
        while start < bytes.byteCount {
            let end = min(start + Self.pieceSize, bytes.byteCount)
            buffer.append(bytes.extracting(start..<end))
            start = end
            if buffer.count >= PostgresCopyWriter.flushSize { try await flush() }
        }
    }

    /// Writes bytes; they need not end where a row does.
    public mutating func write(_ bytes: [UInt8]) async throws(PostgresError) {
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.pieceSize, bytes.count)
            bytes.withUnsafeBytes { buffer.append(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
            start = end
            if buffer.count >= PostgresCopyWriter.flushSize { try await flush() }
        }
    }

    /// Writes text; it need not end where a row does.
    public mutating func write(_ text: String) async throws(PostgresError) {
        guard text.utf8.count <= Self.pieceSize else { return try await write(Array(text.utf8)) }
        buffer.append(utf8: text)
        if buffer.count >= PostgresCopyWriter.flushSize { try await flush() }
    }

    mutating func flush() async throws(PostgresError) {
        try await stream.send(&buffer)
    }
}
