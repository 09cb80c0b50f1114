#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Memory by malloc.
///
/// What `UnsafeMutableRawPointer.allocate` gives comes by posix_memalign on Linux, which passes the thread's cache of small
/// blocks by: some 200 instructions more for each.
@usableFromInline
enum HeapMemory {
    /// At least `count` bytes, aligned for every type; given back with `deallocate`.
    @usableFromInline
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        // Out of memory is not to be survived; the standard library says so and ends the program.
        malloc(count) ?? .allocate(byteCount: count, alignment: 16)
    }

    @usableFromInline
    static func deallocate(_ memory: UnsafeMutableRawPointer) { free(memory) }
}
