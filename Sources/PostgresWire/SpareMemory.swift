#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Memory that goes back to the system, and not only to the allocator: that keeps what lies between the small things of
/// other connections, and a thousand connections that have been busy once would take a gigabyte for ever.
enum SpareMemory {
    /// Deallocates `count` bytes at `base`, whose content is worth nothing any more.
    static func deallocate(_ base: UnsafeMutableRawPointer, _ count: Int) {
        #if os(Linux)
        // The pages that lie within: what the allocator writes into a block that is free lies at its ends.
        let page = UInt(max(sysconf(Int32(_SC_PAGESIZE)), 1))
        let first = (UInt(bitPattern: base) + page - 1) / page * page
        let end = (UInt(bitPattern: base) + UInt(max(count, 0))) / page * page
        if end > first { madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_DONTNEED) }
        #endif
        HeapMemory.deallocate(base)
    }
}
