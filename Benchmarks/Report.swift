#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The clock of a workload, and the line it prints: wall time, and the processor time of this process within it.
struct Report: Sendable {
    struct Moment {
        let wall = ContinuousClock.now
        let user: Double
        let system: Double

        init() {
            let usage = Self.usage()
            user = Self.seconds(usage.ru_utime)
            system = Self.seconds(usage.ru_stime)
        }

        static func usage() -> rusage {
            var usage = rusage()
            #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            #else
            getrusage(RUSAGE_SELF, &usage)
            #endif
            return usage
        }

        private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    }

    let workload: Workload
    let isUnixSocket: Bool

    /// Prints what `count` operations since `start` took.
    func print(_ count: Int, since start: Moment) {
        let end = Moment()
        let elapsed = start.wall.duration(to: end.wall).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        let fields = [
            "\"peer\":\"egret\"", "\"workload\":\"\(workload.rawValue)\"",
            "\"transport\":\"\(isUnixSocket ? "unix" : "tcp")\"", "\"n\":\(count)", "\"seconds\":\(seconds)",
            "\"per_s\":\(Double(count) / seconds)", "\"us_per_op\":\(seconds / Double(count) * 1e6)",
            "\"cpu_user_s\":\(end.user - start.user)", "\"cpu_sys_s\":\(end.system - start.system)",
            "\"max_rss_mb\":\(Double(Moment.usage().ru_maxrss) / 1024)",
        ]
        Swift.print("{\(fields.joined(separator: ","))}")
    }
}

/// What a workload reads is added up here, so that reading it cannot be optimised away.
struct Sink {
    private(set) var sum = 0

    @inline(__always)
    mutating func use(_ value: Int) { sum &+= value }
}

/// Ids in no order, other ones each run.
struct RandomIDs {
    private var state = UInt64.random(in: 1 ... .max)
    static let rows: UInt64 = 100_000

    mutating func next() -> Int64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int64(1 + state % Self.rows)
    }
}
