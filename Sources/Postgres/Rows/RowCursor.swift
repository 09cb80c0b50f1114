import PostgresTypes
import PostgresWire

/// A place among the rows of a result, which come batch by batch.
@usableFromInline
struct RowCursor: @unchecked Sendable {
    // Unchecked: the pointers are into the batch, whose memory is never written.

    /// Keeps alive what the pointers point into.
    @usableFromInline var batch: RowBatch?
    @usableFromInline var next: UnsafeRawPointer?
    @usableFromInline var end: UnsafeRawPointer?
    @usableFromInline let source: RowSource?

    @inlinable
    init(_ rows: PostgresRows) {
        source = rows.source
        batch = rows.first
        next = rows.first?.memory.baseAddress
        end = next.map { $0 + (rows.first?.memory.count ?? 0) }
    }

    /// The next row of the batch, to be read before the next call; nil when the batch is used up.
    @inlinable @inline(__always)
    mutating func nextRow() -> PostgresRowDecoder? {
        guard let start = next, start != end, let batch else { return nil }
        let end = RowBatch.end(ofRowAt: start)
        next = end
        return PostgresRowDecoder(row: start, end: end, columns: batch.columns)
    }

    /// The next row of the batch, which keeps the batch alive.
    @inlinable @inline(__always)
    mutating func nextWholeRow() -> PostgresRow? {
        guard let start = next, start != end, let batch, let base = batch.memory.baseAddress else { return nil }
        let end = RowBatch.end(ofRowAt: start)
        next = end
        return PostgresRow(batch: batch, offset: start - base, end: end - base)
    }

    /// There may be more batches than the one at hand.
    @inlinable var mayRefill: Bool { source != nil }

    /// Waits for the next batch; false at the end of the rows.
    @usableFromInline
    nonisolated(nonsending) mutating func refill() async throws(PostgresError) -> Bool {
        batch = nil
        next = nil
        end = nil
        guard let source, let more = try await source.nextBatch() else { return false }
        batch = more
        next = more.memory.baseAddress.map { UnsafeRawPointer($0) }
        end = next.map { $0 + more.memory.count }
        return true
    }
}
