#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How long a script waits, and what wakes it before.
struct ScriptWaiting: Sendable {
    /// How long one wait may take.
    var patience: Duration
    /// Becomes readable when the test has no more use for the script.
    var stopDescriptor: Int32

    /// Waits for something to read, or for a connection to accept.
    /// - Throws: `ScriptFailure` when the script is told to stop or runs out of patience.
    func waitUntilReadable(
        _ descriptor: Int32, _ what: String, _ fileID: String, _ line: Int
    ) throws(ScriptFailure) {
        let deadline = ContinuousClock.now + patience
        while true {
            let left = max(.zero, deadline - .now)
            var entries = [descriptor, stopDescriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let ready = poll(&entries, 2, Int32(clamping: Int(left / .milliseconds(1)) + 1))
            if ready > 0 && entries[0].revents != 0 { return }
            if ready > 0 {
                throw ScriptFailure(message: "stopped while it waited for \(what)", fileID: fileID, line: line)
            }
            if ContinuousClock.now >= deadline {
                throw ScriptFailure(message: "no sign of \(what) for \(patience)", fileID: fileID, line: line)
            }
        }
    }
}
