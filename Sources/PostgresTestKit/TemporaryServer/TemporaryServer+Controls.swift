import Postgres
public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What happens to servers, on demand.
extension TemporaryServer {
    /// Kills one of the server's processes as the system does when memory runs out: SIGKILL, no goodbye.
    ///
    ///     try server.kill(backend: connection.serverProcessID ?? 0)
    ///
    /// The server then cannot trust the memory that they share: it ends all of its processes, recovers, and takes
    /// connections again a moment later. Every connection is lost, not only this one. ``end(backend:)`` ends one alone.
    ///
    /// - Throws: `PostgresError(.invalidUse)` when the server has no such process.
    public func kill(backend: Int) throws(PostgresError) { try signal(backend, SIGKILL) }

    /// Ends one of the server's connections as an administrator does, with 57P01; the others go on.
    /// - Throws: `PostgresError(.invalidUse)` when the server has no such process.
    public func end(backend: Int) throws(PostgresError) { try signal(backend, SIGTERM) }

    /// Ends the server as a power cut does and starts it again, on the same port and socket, with what was committed.
    /// - Throws: `PostgresError(.invalidUse)` after `stop()`, `.connectionFailed` when it does not start.
    public func restart() throws(PostgresError) {
        try interrupt()
        try resume()
    }

    /// Holds every process of the server where it is: connections stay, new ones are taken by the system, nobody is
    /// answered. It is what a machine looks like that is out of memory, or whose disk hangs.
    /// - Throws: `PostgresError(.invalidUse)` when the server does not run.
    public func pause() throws(PostgresError) {
        let server = try processID()
        // The first one first, so that there are no new ones meanwhile.
        systemKill(server, SIGSTOP)
        for child in ServerProcesses.children(of: server) { systemKill(child, SIGSTOP) }
    }

    /// Lets the server go on after `pause()`.
    /// - Throws: `PostgresError(.invalidUse)` when the server does not run.
    public func proceed() throws(PostgresError) {
        let server = try processID()
        for child in ServerProcesses.children(of: server) { systemKill(child, SIGCONT) }
        systemKill(server, SIGCONT)
    }

    /// Has the server refuse to write (25006), or write again: new transactions of all connections, those that stand
    /// included, by `default_transaction_read_only`. A transaction that asks for `READ WRITE` still may.
    ///
    /// - Throws: what connecting throws; `timeout` when the server does not take it up within ten seconds.
    public func setReadOnly(_ isReadOnly: Bool) async throws(PostgresError) {
        try await withSuperuser { (connection) throws(PostgresError) in
            let value = isReadOnly ? "on" : "off"
            try await connection.execute(script: "SET default_transaction_read_only = off")
            try await connection.execute(script: "ALTER SYSTEM SET default_transaction_read_only = \(value)")
            try await connection.execute(script: "SELECT pg_catalog.pg_reload_conf()")
        }
        // Each process reads the settings when it next looks; a new one has those that the first one has read.
        let deadline = ContinuousClock.now + .seconds(10)
        var isTaken = false
        while !isTaken {
            try await withSuperuser { (connection) throws(PostgresError) in
                let now = try await connection.query("SHOW default_transaction_read_only", as: String.self).first()
                isTaken = now == (isReadOnly ? "on" : "off")
            }
            guard isTaken || ContinuousClock.now < deadline else {
                throw PostgresError(.timeout, "the server had not read its settings after 10 seconds")
            }
        }
    }

    /// Turns a primary into a standby that follows nobody, as when another server was promoted in its place: it is restarted,
    /// so every connection to it is lost, and from then on it refuses to write (25006). `promote()` makes it a primary again.
    ///
    /// - Throws: `PostgresError(.invalidUse)` when it was not started with `allowsStandbys`, `.connectionFailed` with the end
    ///   of its log when it does not start as a standby.
    public func demote() async throws(PostgresError) {
        guard options.allowsStandbys else {
            throw PostgresError(
                .invalidUse, "this temporary server does not write what a standby needs",
                advice: "Start it with allowsStandbys in its options")
        }
        try await onThread { () throws(PostgresError) in
            try self.interrupt()
            let signal = self.socketDirectory + "/data/standby.signal"
            let (status, output) = try ServerAccount.run("touch", [signal])
            guard status == 0 else {
                throw PostgresError(.invalidConfiguration, "\(signal) could not be made: \(output)")
            }
            try self.resume()
        }
    }

    /// The first line of `postmaster.pid`.
    func processID() throws(PostgresError) -> Int32 {
        let file = FileManager.default.contents(atPath: socketDirectory + "/data/postmaster.pid") ?? Data()
        guard let first = String(decoding: file, as: UTF8.self).split(separator: "\n").first, let id = Int32(first),
            id > 1,
            systemKill(id, 0) == 0
        else {
            throw PostgresError(.invalidUse, "the temporary server does not run", advice: "Call resume() first")
        }
        return id
    }

    private func signal(_ process: Int, _ signal: Int32) throws(PostgresError) {
        // Never a process that is not ours: numbers are used again.
        guard let id = Int32(exactly: process), ServerProcesses.children(of: try processID()).contains(id),
            systemKill(id, signal) == 0
        else {
            throw PostgresError(.invalidUse, "the temporary server has no process \(process)")
        }
    }
}

/// `kill(2)`, under a name that the method of the same name does not hide.
@discardableResult
private func systemKill(_ process: Int32, _ signal: Int32) -> Int32 { kill(process, signal) }
