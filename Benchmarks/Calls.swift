import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How often this process has asked for memory, retained and released, from `count()` on.
///
/// Allocations are all: objects, strings, buffers and tasks come from the C library's functions in the end. Retains and
/// releases are those of code outside the standard library, which calls its own within itself; they are counted where the
/// functions for them keep C's calling convention.
///
/// The runtime has pointers that are meant to be replaced for this. In Swift 6.3.1 that crashes: what its retain hands on is
/// stripped of the bit that says that a string is no object. So the entries of the linkage tables are replaced.
///
/// A counting function must neither allocate nor retain. Atomic numbers and C function pointers need neither, in a debug
/// build either.
enum Calls {
    struct Counts: Sendable {
        var allocations = 0
        var retains = 0
        var releases = 0

        static func - (left: Counts, right: Counts) -> Counts {
            Counts(
                allocations: left.allocations - right.allocations, retains: left.retains - right.retains,
                releases: left.releases - right.releases)
        }
    }

    private static let allocations = Atomic(0)
    private static let retains = Atomic(0)
    private static let releases = Atomic(0)

    /// How many until now; all 0 unless `count()` was called.
    static var now: Counts {
        Counts(
            allocations: allocations.load(ordering: .relaxed), retains: retains.load(ordering: .relaxed),
            releases: releases.load(ordering: .relaxed))
    }

    /// Counts from now on. For the start of the program, while it has one thread.
    /// - Returns: false when nothing can be counted here.
    static func count() -> Bool {
        // What is needed within a counting function is made before any is called.
        guard Original.malloc != nil, Original.calloc != nil, Original.realloc != nil, Original.memalign != nil,
            Original.retain != nil, Original.release != nil, Original.bridgeRetain != nil, Original.bridgeRelease != nil
        else { return false }
        _ = now
        var replacements: [(name: String, by: UnsafeRawPointer)] = [
            ("malloc", unsafeBitCast(malloc, to: UnsafeRawPointer.self)),
            ("calloc", unsafeBitCast(calloc, to: UnsafeRawPointer.self)),
            ("realloc", unsafeBitCast(realloc, to: UnsafeRawPointer.self)),
            ("posix_memalign", unsafeBitCast(memalign, to: UnsafeRawPointer.self)),
        ]
        #if arch(x86_64)
        replacements += [
            ("swift_retain", unsafeBitCast(retain, to: UnsafeRawPointer.self)),
            ("swift_release", unsafeBitCast(release, to: UnsafeRawPointer.self)),
            ("swift_bridgeObjectRetain", unsafeBitCast(bridgeRetain, to: UnsafeRawPointer.self)),
            ("swift_bridgeObjectRelease", unsafeBitCast(bridgeRelease, to: UnsafeRawPointer.self)),
        ]
        #endif
        return LinkageTables.replace(replacements)
    }

    private typealias Size1 = @convention(c) (Int) -> UnsafeMutableRawPointer?
    private typealias Size2 = @convention(c) (Int, Int) -> UnsafeMutableRawPointer?
    private typealias Resize = @convention(c) (UnsafeMutableRawPointer?, Int) -> UnsafeMutableRawPointer?
    private typealias Align = @convention(c) (UnsafeMutableRawPointer?, Int, Int) -> Int32
    private typealias Retain = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    private typealias Release = @convention(c) (UnsafeMutableRawPointer?) -> Void

    private enum Original {
        static let malloc = function("malloc", as: Size1.self)
        static let calloc = function("calloc", as: Size2.self)
        static let realloc = function("realloc", as: Resize.self)
        static let memalign = function("posix_memalign", as: Align.self)
        static let retain = function("swift_retain", as: Retain.self)
        static let release = function("swift_release", as: Release.self)
        static let bridgeRetain = function("swift_bridgeObjectRetain", as: Retain.self)
        static let bridgeRelease = function("swift_bridgeObjectRelease", as: Release.self)

        private static func function<F>(_ name: String, as type: F.Type) -> F? {
            dlsym(dlopen(nil, RTLD_NOW), name).map { unsafeBitCast($0, to: type) }
        }
    }

    private static let malloc: Size1 = { size in
        allocations.wrappingAdd(1, ordering: .relaxed)
        return Original.malloc?(size)
    }
    private static let calloc: Size2 = { count, size in
        allocations.wrappingAdd(1, ordering: .relaxed)
        return Original.calloc?(count, size)
    }
    private static let realloc: Resize = { memory, size in
        allocations.wrappingAdd(1, ordering: .relaxed)
        return Original.realloc?(memory, size)
    }
    private static let memalign: Align = { result, alignment, size in
        allocations.wrappingAdd(1, ordering: .relaxed)
        return Original.memalign?(result, alignment, size) ?? 12  // ENOMEM
    }
    private static let retain: Retain = { object in
        retains.wrappingAdd(1, ordering: .relaxed)
        return Original.retain?(object)
    }
    private static let release: Release = { object in
        releases.wrappingAdd(1, ordering: .relaxed)
        Original.release?(object)
    }
    private static let bridgeRetain: Retain = { object in
        retains.wrappingAdd(1, ordering: .relaxed)
        return Original.bridgeRetain?(object)
    }
    private static let bridgeRelease: Release = { object in
        releases.wrappingAdd(1, ordering: .relaxed)
        Original.bridgeRelease?(object)
    }
}
