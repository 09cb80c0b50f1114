#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Which processes a server has.
enum ServerProcesses {
    /// The processes that `parent` has started and that have not ended.
    static func children(of parent: Int32) -> [Int32] {
        #if os(Linux)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { parentOf($0) == parent }
        #else
        guard let (_, output) = try? ChildProcess.run("/bin/ps", ["-axo", "pid=,ppid="]) else { return [] }
        return output.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { Int32($0) }
            return numbers.count == 2 && numbers[1] == parent ? numbers[0] : nil
        }
        #endif
    }

    #if os(Linux)
    /// The fourth field of `stat`, after the name, which may hold anything. proc(5).
    private static func parentOf(_ process: Int32) -> Int32? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = String(decoding: bytes[bytes.index(after: end)...], as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int32(fields[1]) : nil
    }
    #endif
}
