import Foundation
import PostgresTestKit

/// A pooler's program and the directory of its files, both gone when it is no longer held, and with this process at the
/// latest.
final class PoolerProcess: Sendable {
    private let process: ChildProcess

    /// A new directory, open to any account: what is in it is worth nothing outside its test.
    static func makeDirectory(_ name: String) throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName(name))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        return directory
    }

    /// Starts the program, and waits until the file `log` in the directory, where its output goes, says `readyWhen`.
    /// `signal` ends it at once.
    /// - Throws: `TestRoute.Unfit` with the log when it does not; the directory is gone then.
    init(
        _ program: String, _ arguments: [String], in directory: URL, readyWhen: String, endedBy signal: String
    ) throws {
        let words = [directory.path, readyWhen, signal, program] + arguments
        process = try ChildProcess("/bin/sh", ["-c", Self.keeper, "egret-pooler"] + words)
        guard process.channel.waitUntilReadable(by: .now + .seconds(60)),
            String(decoding: process.channel.receive(upTo: 16), as: UTF8.self).hasPrefix("ready")
        else {
            let log = try? String(contentsOfFile: directory.path + "/log", encoding: .utf8)
            try? FileManager.default.removeItem(at: directory)
            throw TestRoute.Unfit("\(program) did not start: \(log ?? "it says nothing")")
        }
    }

    deinit {
        process.channel.finishSending()
        ChildProcess.wait(for: process.id)
    }

    /// A shell that starts it, and ends it when nobody holds the other end of the shell's input any more: a process that is
    /// killed ends nothing itself. Arguments: the directory, which goes too, what the log says when it is ready, the signal
    /// that ends it, and the program with its arguments. A program that has ended by itself leaves its log beside the directory:
    /// PgBouncer 1.18 may (https://github.com/pgbouncer/pgbouncer/issues/822). The shell leads a process group of its own: the
    /// last line ends what the program leaves behind.
    private static let keeper = """
        trap '' HUP INT TERM PIPE
        directory=$1 ready=$2 signal=$3
        shift 3
        : >"$directory/log"
        "$@" </dev/null >>"$directory/log" 2>&1 &
        process=$!
        while kill -0 $process 2>/dev/null && [ -e "$directory/log" ]; do
            if grep -q "$ready" "$directory/log"; then
                echo ready
                read -r _
                break
            fi
            sleep 0.02
        done
        kill -0 $process 2>/dev/null || cp "$directory/log" "$directory.log"
        kill -s "$signal" $process
        { sleep 10 && kill -KILL $process; } 2>/dev/null &
        wait $process 2>/dev/null
        rm -rf "$directory"
        kill -KILL 0
        """

    /// Runs `start`, which waits, without holding up a thread of the concurrency pool.
    static func start<R: Sendable>(_ start: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try start() }) }
        }
    }
}
