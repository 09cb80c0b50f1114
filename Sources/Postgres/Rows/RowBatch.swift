/// A run of rows as they came: the frames themselves, in memory of their own.
///
/// DataRow and the CopyData of a binary COPY have the same form: a kind, a length, the number of cells, then each cell
/// with its length before it. The frames' lengths were checked when they were cut; cells are checked when they are read.
@usableFromInline
final class RowBatch: @unchecked Sendable {
    // Unchecked: the memory is never written after `init`.
    @usableFromInline let memory: UnsafeRawBufferPointer
    @usableFromInline let columns: ColumnSet
    @usableFromInline let rowCount: Int

    /// Takes the memory over.
    init(memory: UnsafeRawBufferPointer, rowCount: Int, columns: ColumnSet) {
        self.memory = memory
        self.rowCount = rowCount
        self.columns = columns
    }

    deinit { memory.deallocate() }

    /// The row at a place, from 0; nil where there is none.
    func row(_ index: Int) -> PostgresRow? {
        guard let base = memory.baseAddress, index >= 0, index < rowCount else { return nil }
        var start = UnsafeRawPointer(base)
        for _ in 0..<index { start = Self.end(ofRowAt: start) }
        return PostgresRow(batch: self, offset: start - base, end: Self.end(ofRowAt: start) - base)
    }

    /// Where the frame that begins at `start` ends.
    @inlinable @inline(__always)
    static func end(ofRowAt start: UnsafeRawPointer) -> UnsafeRawPointer {
        start + (1 &+ Int(Int32(bigEndian: start.loadUnaligned(fromByteOffset: 1, as: Int32.self))))
    }
}
