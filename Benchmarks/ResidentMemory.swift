#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How much memory of this process has been resident at most, at marks on the way of a workload.
///
/// `getrusage` will not do: its peak is inherited from the program that started this one.
struct ResidentMemory: Sendable {
    /// Megabytes (2^20 bytes) by mark, first to last.
    private(set) var peaks: [(mark: String, megabytes: Double)] = []
    private var marks: [(rows: Int, name: String)] = []
    private var next = Int.max

    /// Takes the peak now, and after 10 %, 50 % and 100 % of `rows`; nothing at all when `isOn` is false.
    init(rows: Int, isOn: Bool) {
        guard isOn else { return }
        marks = [(rows, "100%"), (rows / 2, "50%"), (rows / 10, "10%")]
        next = rows / 10
        peaks = [("start", Self.peak)]
    }

    /// `rows` are through.
    @inline(__always)
    mutating func passed(_ rows: Int) {
        if rows >= next { take(rows) }
    }

    @inline(never)
    private mutating func take(_ rows: Int) {
        while let mark = marks.last, rows >= mark.rows {
            peaks.append((mark.name, Self.peak))
            marks.removeLast()
        }
        next = marks.last?.rows ?? .max
    }

    /// The most until now, in megabytes; 0 where the system does not say.
    static var peak: Double {
        #if os(Linux)
        status("VmHWM:")
        #else
        Double(Report.Moment.usage().ru_maxrss) / 1_048_576
        #endif
    }

    /// What is resident now, in megabytes; 0 where the system does not say.
    static var current: Double {
        #if os(Linux)
        status("VmRSS:")
        #else
        0
        #endif
    }

    #if os(Linux)
    private static func status(_ field: String) -> Double {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            guard strncmp(line, field, field.utf8.count) == 0 else { continue }
            return line.withUnsafeBufferPointer { line in
                line.baseAddress.map { Double(strtol($0 + field.utf8.count, nil, 10)) / 1024 } ?? 0
            }
        }
        return 0
    }
    #endif
}
