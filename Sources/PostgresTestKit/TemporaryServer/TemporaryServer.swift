import PostgresLocks
public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A PostgreSQL server of one's own, gone without a trace when it is no longer needed.
///
///     let server = try await TemporaryServer.start()
///     defer { server.stop() }
///     let pool = try PostgresPool(server.connectionURL)
///
/// It lives in a temporary directory, listens on a private unix socket and a free port of the loopback address, and
/// ends with its owner however that ends: by `stop()`, by the last reference, by Ctrl-C, by a crash, by SIGKILL. Under
/// root it runs as another account, since PostgreSQL refuses to run as root.
public final class TemporaryServer: Sendable {
    /// What was asked for, the password filled in when the method needs one.
    public let options: Options
    /// The directory of the unix socket, which is everything of this server: data, log, certificate.
    public let socketDirectory: String
    /// The TCP port on 127.0.0.1, and the number in the socket's name.
    public let port: Int
    /// The certificate that signed the server's, in PEM, when TLS was asked for.
    public let rootCertificateFile: String?

    private let supervisor: Supervisor
    private let binaries: ServerBinaries

    /// Starts a server, without holding up a thread of the concurrency pool.
    /// - Throws: `PostgresError(.invalidConfiguration)` when no server is installed, `.connectionFailed` with the end
    ///   of the server's log when it does not start, `.timeout` when it takes longer than `startTimeout`.
    public static func start(_ options: Options = Options()) async throws(PostgresError) -> TemporaryServer {
        try await onThread { () throws(PostgresError) in try TemporaryServer(options) }
    }

    /// Starts a server and waits for it, for a second or so; throws as `start` does.
    public convenience init(_ options: Options = Options()) throws(PostgresError) {
        try self.init(options, in: HostFacts.temporaryDirectory)
    }

    /// Starts a server in a new directory in `parent`: a new one, or a standby of `primary` with the primary's options.
    init(_ options: Options, in parent: String, copying primary: TemporaryServer? = nil) throws(PostgresError) {
        var options = options
        if options.password == nil && options.authentication != .trust {
            options.password = Credentials.randomPassword()
        }
        self.options = options

        let deadline = ContinuousClock.now + options.startTimeout
        binaries = if let given = primary?.binaries ?? options.binaries { given } else { try ServerBinaries.find() }
        let arguments = [
            parent, binaries.directory, HostFacts.serverAccount ?? "", options.user,
            options.authentication.rawValue,
        ]
        supervisor = try Supervisor(arguments + HostFacts.freePorts(4).map(String.init))
        guard case .directory(let directory) = supervisor.ask("", by: deadline) else {
            throw PostgresError(
                .invalidConfiguration,
                "no directory for a temporary server could be made in \(parent)",
                advice: "Make it writable, or set TMPDIR to a directory that is")
        }
        socketDirectory = directory
        rootCertificateFile = options.tls == nil ? nil : directory + "/root.crt"
        try Self.write(options, into: directory, copying: primary)
        switch supervisor.ask("go", by: deadline) {
        case .ready(let port, _): self.port = port
        case .late:
            supervisor.stop()
            throw PostgresError(
                .timeout, "the temporary server was not ready after \(options.startTimeout)",
                advice: "Is the machine very busy? Give a longer startTimeout")
        case let answer: throw Self.startFailure(answer, directory)
        }
    }

    deinit { stop() }

    /// Runs `body` with a server that is gone when it returns or throws.
    public static func with<R>(
        _ options: Options = Options(), _ body: (TemporaryServer) async throws -> R
    ) async throws -> R {
        let server = try await start(options)
        defer { server.stop() }
        return try await body(server)
    }

    /// Ends the server and removes everything of it, in a tenth of a second or so. More calls do nothing.
    public func stop() { supervisor.stop() }

    /// Ends the server as a power cut does, every connection included, and keeps its data for `resume()`.
    /// - Throws: `PostgresError(.invalidUse)` after `stop()`.
    public func interrupt() throws(PostgresError) {
        guard supervisor.ask("stop", by: .now + options.startTimeout) == .stopped else {
            throw PostgresError(.invalidUse, "the temporary server has been stopped already")
        }
    }

    /// Starts the server again after `interrupt()`, on the same port and socket.
    /// - Throws: `PostgresError(.connectionFailed)` with the end of its log when it does not start.
    public func resume() throws(PostgresError) {
        let answer = supervisor.ask("start", by: .now + options.startTimeout)
        guard case .ready = answer else { throw Self.startFailure(answer, socketDirectory) }
    }

    /// The last lines of the server's log.
    public func logTail(lines: Int = 20) -> String { Self.tail(socketDirectory + "/server.log", lines: lines) }

    private static func write(
        _ options: Options, into directory: String, copying primary: TemporaryServer?
    ) throws(PostgresError) {
        var settings = ServerFiles.common.merging(ServerFiles.throwaway) { $1 }
        if options.allowsStandbys { settings.merge(ServerFiles.streaming) { $1 } }
        if let tls = options.tls {
            if let primary {
                try CertificateFiles.copy(from: primary.socketDirectory, into: directory)
            } else {
                try CertificateFiles.write(tls, into: directory)
            }
            settings["ssl"] = "on"
            settings["ssl_cert_file"] = directory + "/server.crt"
            settings["ssl_key_file"] = directory + "/server.key"
            if !tls.clientNames.isEmpty { settings["ssl_ca_file"] = directory + "/root.crt" }
        }
        settings.merge(options.settings) { $1 }
        try PrivateFile.write(ServerFiles.settings(settings), to: directory + "/settings.conf")
        try PrivateFile.write(ServerFiles.access(options), to: directory + "/access.conf")
        if let primary {
            try write(wayTo: primary, into: directory)
        } else if let password = options.password {
            try PrivateFile.write(password + "\n", to: directory + "/password")
        }
    }

    /// Tells the script, and the standby that it makes, how to reach the primary.
    private static func write(wayTo primary: TemporaryServer, into directory: String) throws(PostgresError) {
        var way = [
            (key: "host", value: primary.socketDirectory), (key: "port", value: String(primary.port)),
            (key: "user", value: primary.options.user),
        ]
        if let password = primary.options.password {
            // In a file: what a program is started with, everybody can see.
            try PrivateFile.write(ServerFiles.passwordFile(password), to: directory + "/passfile")
            way.append((key: "passfile", value: directory + "/passfile"))
        }
        try PrivateFile.write(ServerFiles.connectionString(way), to: directory + "/primary")
    }

    private static func startFailure(_ answer: Supervisor.Answer, _ directory: String) -> PostgresError {
        let (what, log): (String, String) =
            switch answer {
            case .failed("initdb"): ("initdb could not make the data of a temporary server", "initdb.log")
            case .failed("backup"): ("pg_basebackup could not copy the primary", "backup.log")
            default: ("the temporary server did not start", "server.log")
            }
        let words = tail(directory + "/" + log, lines: 12)
        return PostgresError(
            .connectionFailed, words.isEmpty ? what : what + "; the end of its log:\n" + words,
            advice: words.contains("SSL is not supported by this build")
                ? "Leave `tls` out: this server was built without it. ServerBinaries.offersTLS tells beforehand" : nil)
    }

    private static func tail(_ path: String, lines: Int) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return "" }
        return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}
