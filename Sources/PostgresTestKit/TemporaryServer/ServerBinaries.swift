public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The directory that holds the server's programs.
public struct ServerBinaries: Sendable, Hashable {
    /// The directory with `postgres`, `initdb` and `pg_ctl`.
    public let directory: String

    /// The programs in `directory`.
    /// - Throws: `PostgresError(.invalidConfiguration)` when `postgres` or `initdb` is not there.
    public init(directory: String) throws(PostgresError) {
        guard Self.holdsServer(directory) else {
            throw PostgresError(
                .invalidConfiguration, "\(directory) holds no PostgreSQL server",
                advice: "Name the directory that contains postgres and initdb")
        }
        self.directory = directory
    }

    private init(verified directory: String) { self.directory = directory }

    /// Looks where servers are commonly installed: `EGRET_POSTGRES_BIN` (which must be right when it is set), what
    /// `pg_config` says, the version directories of Debian, Red Hat, Homebrew and Postgres.app from the newest down,
    /// and PATH.
    /// - Throws: `PostgresError(.invalidConfiguration)` with the command that installs a server.
    public static func find() throws(PostgresError) -> ServerBinaries {
        try find(ProcessInfo.processInfo.environment)
    }

    /// Looks with other environment variables than this process's.
    static func find(_ environment: [String: String]) throws(PostgresError) -> ServerBinaries {
        if let named = environment["EGRET_POSTGRES_BIN"], !named.isEmpty {
            guard holdsServer(named) else {
                throw PostgresError(
                    .invalidConfiguration, "EGRET_POSTGRES_BIN names \(named), which holds no PostgreSQL server",
                    advice: "Set it to the directory that contains postgres and initdb, or unset it")
            }
            return ServerBinaries(verified: named)
        }
        let searchPath = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        if let directory = configured(searchPath) { return ServerBinaries(verified: directory) }
        let known = knownDirectories() + searchPath
        if let directory = known.first(where: holdsServer) { return ServerBinaries(verified: directory) }
        throw PostgresError(
            .invalidConfiguration, "no PostgreSQL server is installed on this machine", advice: installationAdvice)
    }

    /// Whether the server was built with TLS; packages are, small builds to carry along often are not.
    ///
    /// It is asked, which takes some hundredths of a second.
    public var offersTLS: Bool {
        // Without TLS there is no list of ciphers to choose from.
        guard let answer = try? ChildProcess.run(path("postgres"), ["--describe-config"]), answer.status == 0,
            let ciphers = answer.output.split(separator: "\n").first(where: { $0.hasPrefix("ssl_ciphers\t") })
        else { return false }
        return !ciphers.contains("\tnone\t")
    }

    /// The path of one of the programs.
    func path(_ program: String) -> String { directory + "/" + program }

    private static func holdsServer(_ directory: String) -> Bool {
        ["postgres", "initdb"].allSatisfy { FileManager.default.isExecutableFile(atPath: directory + "/" + $0) }
    }

    /// What `pg_config` says, when there is one and the server is there too: a client's development package has it
    /// without a server.
    private static func configured(_ searchPath: [String]) -> String? {
        guard searchPath.contains(where: { FileManager.default.isExecutableFile(atPath: $0 + "/pg_config") }),
            let answer = try? ChildProcess.run("pg_config", ["--bindir"]), answer.status == 0
        else { return nil }
        let directory = String(answer.output.prefix { $0 != "\n" })
        return holdsServer(directory) ? directory : nil
    }

    /// Where packages put each major version, the newest first.
    private static func knownDirectories() -> [String] {
        let patterns: [(parent: String, prefix: String, suffix: String)] = [
            ("/usr/lib/postgresql", "", "/bin"),
            ("/usr", "pgsql-", "/bin"),
            ("/opt/homebrew/opt", "postgresql@", "/bin"),
            ("/usr/local/opt", "postgresql@", "/bin"),
            ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "/bin"),
            ("/Applications/Postgres.app/Contents/Versions", "", "/bin"),
            ("/usr/libexec", "postgresql", ""),
        ]
        return patterns.flatMap { pattern in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: pattern.parent)) ?? []
            let versions = names.compactMap { name -> (version: Double, name: String)? in
                guard name.hasPrefix(pattern.prefix) else { return nil }
                return Double(name.dropFirst(pattern.prefix.count)).map { ($0, name) }
            }
            return versions.sorted { $0.version > $1.version }.map { pattern.parent + "/" + $0.name + pattern.suffix }
        }
    }

    private static var installationAdvice: String {
        #if os(macOS)
        "Install one with `brew install postgresql@17`, or set EGRET_POSTGRES_BIN to the directory that contains postgres"
        #else
        "Install one with `sudo apt-get install postgresql`, or set EGRET_POSTGRES_BIN to the directory that contains "
            + "postgres"
        #endif
    }
}
