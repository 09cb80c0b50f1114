#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Constants whose Swift types differ between the platforms' C libraries, in one form.
enum Platform {
    #if canImport(Glibc)
    static let streamSocket = Int32(SOCK_STREAM.rawValue)
    static let tcp = Int32(IPPROTO_TCP)
    #else
    static let streamSocket = SOCK_STREAM
    static let tcp = Int32(IPPROTO_TCP)
    #endif

    /// Seconds of silence before TCP asks whether the other side is there.
    #if canImport(Darwin)
    static let keepaliveIdle = TCP_KEEPALIVE
    #else
    static let keepaliveIdle = TCP_KEEPIDLE
    #endif

    /// Keeps a write to a closed socket from raising SIGPIPE. Darwin has a socket option instead.
    #if canImport(Darwin)
    static let noSignal: Int32 = 0
    #else
    static let noSignal = Int32(MSG_NOSIGNAL)
    #endif

    /// Nanoseconds of a clock that only goes forward.
    @inline(__always)
    static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// Nanoseconds of a clock that only goes forward; what deadlines are counted in.
@inline(__always)
package func monotonicNanoseconds() -> Int64 { Platform.monotonicNanoseconds() }

extension Duration {
    /// The duration in nanoseconds, clamped to what 64 bits hold (292 years).
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}
