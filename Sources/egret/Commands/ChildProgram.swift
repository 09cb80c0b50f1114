import Foundation
import PostgresTestKit

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A program that somebody else wrote, run in this terminal.
enum ChildProgram {
    /// Runs `words` with the server's address in PG* and DATABASE_URL, until it ends; its exit code, or 128 plus the
    /// signal that ended it. Cancellation of the task ends it.
    /// - Throws: `CommandError` when there is no such program.
    static func run(_ words: [String], with server: TemporaryServer) async throws -> Int32 {
        var environment = ProcessInfo.processInfo.environment
        environment.merge(server.environment) { $1 }
        environment["DATABASE_URL"] = server.connectionURL
        if let root = server.rootCertificateFile {
            // A unix socket is never encrypted.
            environment["PGHOST"] = "127.0.0.1"
            environment["PGSSLMODE"] = "verify-full"
            environment["PGSSLROOTCERT"] = root
            let path = root.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? root
            environment["DATABASE_URL"] = server.connectionURL + "?sslmode=verify-full&sslrootcert=\(path)"
        }
        let id = try start(words, environment)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: wait(for: id)) }
            }
        } onCancel: {
            kill(id, SIGTERM)
        }
    }

    /// Starts a program with this process's standard streams, in its process group, so that it has the terminal.
    private static func start(_ words: [String], _ environment: [String: String]) throws(CommandError) -> pid_t {
        #if canImport(Darwin)
        var attributes: posix_spawnattr_t?
        #else
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process ignores them in favour of its own handling, which the program must not inherit.
        var restored = sigset_t()
        sigemptyset(&restored)
        for signal in [SIGINT, SIGTERM] { sigaddset(&restored, signal) }
        posix_spawnattr_setsigdefault(&attributes, &restored)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: Int32(POSIX_SPAWN_SETSIGDEF)))

        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var id = pid_t()
        let result = posix_spawnp(&id, words[0], nil, &attributes, &arguments, &variables)
        guard result == 0 else {
            throw CommandError("\(words[0]) could not be started: \(String(cString: strerror(result)))")
        }
        return id
    }

    private static func wait(for id: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
