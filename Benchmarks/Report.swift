#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The clock of a workload: wall time, and what this process did within it.
struct Report: Sendable {
    struct Moment {
        let calls = Calls.now
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
    let options: Options
    let isUnixSocket: Bool

    /// How many operations or rows were asked for, else `usual`.
    func number(_ usual: Int) -> Int { options.number ?? usual }

    /// The memory on the way of so many rows.
    func memory(rows: Int) -> ResidentMemory { ResidentMemory(rows: rows, isOn: options.memory) }

    /// What `count` operations since `start` took.
    func figures(_ count: Int, since start: Moment, memory: ResidentMemory? = nil) -> Figures {
        let end = Moment()
        let elapsed = start.wall.duration(to: end.wall).components
        return Figures(
            workload: workload, transport: isUnixSocket ? "unix" : "tcp", count: count,
            seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18, user: end.user - start.user,
            system: end.system - start.system, calls: options.counts ? end.calls - start.calls : nil,
            peaks: memory?.peaks ?? [])
    }
}

/// What a workload took.
struct Figures: Sendable {
    let workload: Workload
    let transport: String
    let count: Int
    let seconds: Double
    /// The client's processor time.
    let user: Double
    let system: Double
    /// Nil when they were not counted.
    let calls: Calls.Counts?
    let peaks: [(mark: String, megabytes: Double)]

    /// For each operation or row; nil when they were not counted.
    var allocations: Double? { calls.map { Double($0.allocations) / Double(count) } }

    /// One line.
    var json: String {
        var fields = [
            "\"peer\":\"egret\"", "\"workload\":\"\(workload.rawValue)\"", "\"transport\":\"\(transport)\"",
            "\"n\":\(count)", "\"seconds\":\(seconds)", "\"per_s\":\(Double(count) / seconds)",
            "\"us_per_op\":\(seconds / Double(count) * 1e6)", "\"cpu_user_s\":\(user)", "\"cpu_sys_s\":\(system)",
            "\"max_rss_mb\":\(ResidentMemory.peak)",
        ]
        if let calls {
            fields += [
                ("allocations", calls.allocations), ("retains", calls.retains), ("releases", calls.releases),
            ].map { "\"\($0)_per_op\":\(Double($1) / Double(count))" }
        }
        fields += peaks.map { "\"peak_mb_\($0.mark)\":\($0.megabytes)" }
        return "{\(fields.joined(separator: ","))}"
    }
}

/// A line that is seen at once, in a file or a pipe as well: a trial may take ten minutes.
func printNow(_ line: String) {
    print(line)
    fflush(nil)
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
