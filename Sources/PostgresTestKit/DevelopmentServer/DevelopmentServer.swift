package import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A private server that keeps its data and runs on when its starter has ended: for development.
///
/// Everything of it is in one directory: data, log, and `server.json`, which tells how to reach it.
package struct DevelopmentServer: Sendable {
    /// How to reach the server; the content of `server.json`.
    package struct Address: Codable, Sendable {
        /// The TCP port on 127.0.0.1.
        package var port: Int
        /// The superuser.
        package var user: String
        /// The superuser's password, random. Without it every user of this machine could be superuser.
        package var password: String

        /// The address as a URL, password included.
        package var url: String { "postgres://\(user):\(password)@127.0.0.1:\(port)/postgres" }
    }

    /// What the server does.
    package enum Status: String, Codable, Sendable {
        case running, stopped
        /// There is no server in the directory yet.
        case absent
    }

    /// The directory that holds everything of the server, as an absolute path.
    package let directory: String

    private var data: String { directory + "/data" }
    private var addressFile: String { directory + "/server.json" }
    private var log: String { directory + "/server.log" }

    /// The server in `directory`, whether there is one or not.
    package init(directory: String) {
        let current = FileManager.default.currentDirectoryPath
        self.directory = directory.hasPrefix("/") ? directory : current + "/" + directory
    }

    /// The directory used when none is named: `$XDG_STATE_HOME/egret/server`, and `/var/lib/egret-server` for root,
    /// whose home the server's account cannot enter.
    package static var defaultDirectory: String {
        if HostFacts.serverAccount != nil { return "/var/lib/egret-server" }
        let environment = ProcessInfo.processInfo.environment
        let state = environment["XDG_STATE_HOME"] ?? (environment["HOME"] ?? "") + "/.local/state"
        return state + "/egret/server"
    }

    /// How to reach the server, nil when there is none.
    package var address: Address? {
        guard let bytes = FileManager.default.contents(atPath: addressFile) else { return nil }
        return try? JSONDecoder().decode(Address.self, from: bytes)
    }

    /// Whether the server runs.
    package func status() throws(PostgresError) -> Status {
        guard address != nil, FileManager.default.fileExists(atPath: data + "/PG_VERSION") else { return .absent }
        return try control(["status"]).status == 0 ? .running : .stopped
    }

    /// Makes the server if there is none, and starts it if it does not run.
    /// - Returns: how to reach it, and whether it ran already.
    /// - Throws: `PostgresError(.connectionFailed)` with the end of its log; `.invalidConfiguration` when the directory
    ///   cannot be used or no server is installed.
    package func start(port: Int) throws(PostgresError) -> (address: Address, wasRunning: Bool) {
        let status = try status()
        if status == .running, let address { return (address, true) }
        if status == .absent { try create(port: port) }
        guard var address else {
            throw PostgresError(.invalidConfiguration, "\(addressFile) cannot be read", advice: "Remove \(directory)")
        }
        let answer = try control(["-l", log, "-w", "-t", "60", "-o", "-p \(port) -k ''", "start"])
        guard answer.status == 0 else {
            let taken = tail(log).contains("could not bind") ? "Port \(port) is taken: choose another with --port" : nil
            throw PostgresError(
                .connectionFailed, "the server did not start; the end of its log:\n" + tail(log), advice: taken)
        }
        if address.port != port {
            address.port = port
            try write(address)
        }
        return (address, false)
    }

    /// Stops the server and keeps its data; false when it did not run.
    package func stop() throws(PostgresError) -> Bool {
        guard try status() == .running else { return false }
        let answer = try control(["-m", "fast", "-w", "stop"])
        guard answer.status == 0 else {
            throw PostgresError(.connectionFailed, "the server did not stop: " + answer.output)
        }
        return true
    }

    /// Stops the server and removes everything of it; false when there was none.
    package func remove() throws(PostgresError) -> Bool {
        // Nothing is removed from a directory that is not one of ours.
        guard try status() != .absent else { return false }
        _ = try stop()
        for path in [data, log, addressFile] { try? FileManager.default.removeItem(atPath: path) }
        // Stays when somebody keeps other things in it.
        _ = try ServerAccount.run("rmdir", [directory])
        if FileManager.default.fileExists(atPath: data) {
            throw PostgresError(.invalidConfiguration, "\(data) could not be removed")
        }
        return true
    }

    private func create(port: Int) throws(PostgresError) {
        let binaries = try ServerBinaries.find()
        let password = Credentials.randomPassword()
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PostgresError(.invalidConfiguration, "\(directory) cannot be made: \(error)")
        }
        let passwordFile = directory + "/password"
        try PrivateFile.write(password + "\n", to: passwordFile)
        defer { try? FileManager.default.removeItem(atPath: passwordFile) }
        if let account = HostFacts.serverAccount {
            _ = try ChildProcess.run("chown", ["-R", account, directory])
            guard try ServerAccount.run("test", ["-w", directory]).status == 0 else {
                throw PostgresError(
                    .invalidConfiguration,
                    "the account \(account), which the server runs as, cannot write \(directory)",
                    advice: "Choose with --directory one whose parents that account may enter")
            }
        }
        let made = try ServerAccount.run(
            binaries.path("initdb"),
            [
                "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile=\(passwordFile)", "--encoding=UTF8",
                "--locale=C",
            ])
        guard made.status == 0 else {
            throw PostgresError(.connectionFailed, "initdb could not make the data in \(data):\n\(made.output)")
        }
        try PrivateFile.append(ServerFiles.settings(ServerFiles.common), to: data + "/postgresql.conf")
        try write(Address(port: port, user: "postgres", password: password))
    }

    private func write(_ address: Address) throws(PostgresError) {
        guard let json = try? JSONEncoder().encode(address) else {
            throw PostgresError(.invalidConfiguration, "\(addressFile) could not be written")
        }
        try PrivateFile.write(String(decoding: json, as: UTF8.self), to: addressFile)
    }

    private func control(_ arguments: [String]) throws(PostgresError) -> (status: Int32, output: String) {
        try ServerAccount.run(try ServerBinaries.find().path("pg_ctl"), ["-D", data] + arguments)
    }

    private func tail(_ path: String) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return "" }
        return text.split(separator: "\n").suffix(10).joined(separator: "\n")
    }
}
