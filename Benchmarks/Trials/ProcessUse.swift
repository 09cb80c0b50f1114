#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The most that this process has held within some time.
struct ProcessUse: Sendable {
    private(set) var megabytes = 0.0
    private(set) var descriptors = 0

    init() {}

    init(peakOf uses: some Sequence<ProcessUse>) {
        for use in uses {
            megabytes = max(megabytes, use.megabytes)
            descriptors = max(descriptors, use.descriptors)
        }
    }

    /// Takes what is held now, where that is more.
    mutating func raise() {
        megabytes = max(megabytes, ResidentMemory.current)
        descriptors = max(descriptors, Self.descriptors)
    }

    /// Open now, without the one that is needed for looking; 0 where the system does not say.
    static var descriptors: Int {
        #if os(Linux)
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = -3  // itself, and the names of this directory and of the one above
        while readdir(directory) != nil { count += 1 }
        return count
        #else
        return 0
        #endif
    }
}
