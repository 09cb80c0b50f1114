import PostgresLocks
import PostgresWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The near side of the supervisor script: sends it words, reads its answers.
///
/// The script lives as long as the channel is open; see `supervisorScript`.
final class Supervisor: Sendable {
    /// One line of the script.
    enum Answer: Sendable, Equatable {
        case directory(String)
        case ready(port: Int, processID: Int32)
        case stopped
        case failed(stage: String)
        /// The script has ended.
        case ended
        /// The deadline passed.
        case late
    }

    private struct State: ~Copyable {
        var channel: Channel?
        var unread: [UInt8] = []
    }

    private let processID: pid_t
    private let state: Mutex<State>

    /// Starts the script with its arguments.
    init(_ arguments: [String]) throws(PostgresError) {
        let child = try ChildProcess("/bin/sh", ["-c", supervisorScript, "egret-server"] + arguments)
        processID = child.id
        state = Mutex(State(channel: child.takeChannel()))
    }

    deinit { stop() }

    /// Sends one word (an empty one is none) and waits for one answer.
    func ask(_ word: String, by deadline: ContinuousClock.Instant) -> Answer {
        state.withLock { state in
            if !word.isEmpty { tell(word, &state) }
            return readAnswer(&state, by: deadline)
        }
    }

    /// Sends one word that has no answer.
    func tell(_ word: String) { state.withLock { tell(word, &$0) } }

    /// Ends the server and removes its directory; returns when both are gone. More calls do nothing.
    func stop() {
        state.withLock { state in
            guard state.channel != nil else { return }
            state.channel = nil
            ChildProcess.wait(for: processID)
        }
    }

    private func tell(_ word: String, _ state: inout State) {
        // When the script is gone the next answer says so.
        _ = state.channel?.send(Array((word + "\n").utf8))
    }

    private func readAnswer(_ state: inout State, by deadline: ContinuousClock.Instant) -> Answer {
        while true {
            if let end = state.unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: state.unread[..<end], as: UTF8.self)
                state.unread.removeSubrange(...end)
                return Self.parse(line)
            }
            guard let readable = state.channel?.waitUntilReadable(by: deadline) else { return .ended }
            guard readable else { return .late }
            guard let bytes = state.channel?.receive(upTo: 1024), !bytes.isEmpty else { return .ended }
            state.unread += bytes
        }
    }

    private static func parse(_ line: String) -> Answer {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        switch (words.first, words.last) {
        case ("directory", let path?): return .directory(path)
        case ("stopped", _): return .stopped
        case ("failed", let stage?): return .failed(stage: stage)
        case ("ready", let numbers?):
            let parts = numbers.split(separator: " ")
            guard parts.count == 2, let port = Int(parts[0]), let process = Int32(parts[1]) else { return .ended }
            return .ready(port: port, processID: process)
        default: return .ended
        }
    }
}
