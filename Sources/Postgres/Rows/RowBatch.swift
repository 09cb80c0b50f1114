import PostgresWire

/// A run of rows as they came: the frames themselves.
///
/// DataRow and the CopyData of a binary COPY have the same form: a kind, a length, the number of cells, then each cell
/// with its length before it. The frames' lengths were checked when they were cut; cells are checked when they are read.
///
/// Short runs lie behind the object, which spares them memory of their own.
@usableFromInline
struct RowBatch: @unchecked Sendable {
    // Unchecked: nothing is written after it was made. A struct around the object, since no ManagedBuffer may be Sendable.

    @usableFromInline
    struct Content {
        @usableFromInline let memory: UnsafeRawBufferPointer
        @usableFromInline let columns: ColumnSet
        @usableFromInline let rowCount: Int
        /// The memory is not the object's own.
        let isApart: Bool
    }

    @usableFromInline
    final class Storage: ManagedBuffer<Content, UInt8> {
        deinit {
            withUnsafeMutablePointerToHeader {
                if $0.pointee.isApart { FrameBuffer.deallocate($0.pointee.memory) }
            }
        }
    }

    @usableFromInline let storage: Storage

    /// Copies the rows.
    init(copying rows: UnsafeRawBufferPointer, rowCount: Int, columns: ColumnSet) {
        let made = Storage.create(minimumCapacity: rows.count) { storage in
            storage.withUnsafeMutablePointerToElements { start in
                let own = UnsafeMutableRawBufferPointer(start: start, count: rows.count)
                own.copyMemory(from: rows)
                return Content(
                    memory: UnsafeRawBufferPointer(own), columns: columns, rowCount: rowCount, isApart: false)
            }
        }
        storage = unsafeDowncast(made, to: Storage.self)
    }

    /// Takes over the memory that the rows lie in.
    init(owning rows: UnsafeRawBufferPointer, rowCount: Int, columns: ColumnSet) {
        let made = Storage.create(minimumCapacity: 0) { _ in
            Content(memory: rows, columns: columns, rowCount: rowCount, isApart: true)
        }
        storage = unsafeDowncast(made, to: Storage.self)
    }

    // By pointer, which spares the run time's check of each access to the header.
    @inlinable @inline(__always) var memory: UnsafeRawBufferPointer {
        storage.withUnsafeMutablePointerToHeader { $0.pointee.memory }
    }
    @inlinable @inline(__always) var columns: ColumnSet {
        storage.withUnsafeMutablePointerToHeader { $0.pointee.columns }
    }
    @inlinable @inline(__always) var rowCount: Int {
        storage.withUnsafeMutablePointerToHeader { $0.pointee.rowCount }
    }

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

extension FrameBuffer {
    /// Takes whole frames of rows, `size` bytes in all, from the front.
    mutating func takeRows(_ size: Int, _ rowCount: Int, _ columns: ColumnSet) -> RowBatch {
        if let memory = handOver(size) { return RowBatch(owning: memory, rowCount: rowCount, columns: columns) }
        let batch = RowBatch(copying: front(size), rowCount: rowCount, columns: columns)
        consume(size)
        return batch
    }
}
