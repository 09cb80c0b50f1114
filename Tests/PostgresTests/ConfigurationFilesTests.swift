import Foundation
import Testing

@testable import Postgres

/// Password files, service files and what lies in the home directory.
@Suite struct ConfigurationFilesTests {
    private static func write(_ text: String, to path: String, permissions: Int = 0o600) throws {
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
    }

    static let lines: [(String, String?)] = [
        ("h:5432:d:u:p", "p"), ("*:*:*:*:p", "p"), ("h:*:d:u:a:b", "a:b"), (#"h:*:d:u:a\:b\\c"#, #"a:b\c"#),
        ("# c\n\nx:*:*:*:no\nh:*:*:*:p\nh:*:*:*:q", "p"), ("h:5433:d:u:p", nil), ("h:5432:d:v:p", nil),
        ("h:5432:d:u", nil),
        ("h:5432:d:u:", nil), ("h:*:d:u:p\r\n", "p"), (#"\h:5432:d:u:p"#, "p"), (#"\*:5432:d:u:p"#, nil),
        ("h:5432:*:u: p ", " p "),
        ("", nil), (":::::", nil), ("h:5432:d:u:p\\", "p\\"), ("h*:5432:d:u:p", nil), ("#h:*:*:*:p", nil),
    ]

    @Test(
        "lines of password files",
        arguments: ConfigurationFilesTests.lines)
    func readsPasswordLines(text: String, password: String?) {
        let file = PasswordFile(path: "p", bytes: Array(text.utf8))
        let found = file.password(host: "h", port: 5432, database: "d", user: "u", socketDirectories: [])
        #expect(found?.text == password)
    }

    @Test("a socket where servers put theirs is localhost to a password file") func looksUpSockets() {
        let file = PasswordFile(path: "p", bytes: Array("localhost:*:*:*:local\n/other:*:*:*:other".utf8))
        func password(_ host: String) -> String? {
            file.password(host: host, port: 1, database: "d", user: "u", socketDirectories: ["/tmp"])?.text
        }
        #expect(password("/tmp") == "local")
        #expect(password("/other") == "other")
        #expect(password("h") == nil)
    }

    @Test("~/.pgpass is used when nothing else gives a password") func usesPasswordFiles() async throws {
        try await withTemporaryDirectory { home in
            let path = "\(home)/.pgpass"
            try Self.write("# x\na:*:*:u:first\nb:*:*:u:second\n", to: path)
            func load(_ string: String, _ more: [String: String] = [:]) throws -> PostgresConfiguration {
                try .fromEnvironment(["HOME": home].merging(more) { $1 }, connectionString: string)
            }
            let one = try load("postgres://u@a/d")
            #expect(one.password == "first")
            #expect(
                one.origins.contains(
                    PostgresSetting(name: "password", value: "***", origin: .passwordFile(path: path, line: 2))))
            #expect(try load("postgres://u:own@a/d").password == "own")
            #expect(try load("postgres://u:@a/d").password == "")
            #expect(try load("postgres://u@a/d", ["PGPASSWORD": "env"]).password == "env")
            #expect(try load("postgres://v@a/d").password == nil)
            #expect(try PostgresConfiguration("postgres://u@a/d").password == nil)
            let both = try load("postgres://u@a,b,c/d")
            #expect(both.hosts.map { both.password(for: $0) } == ["first", "second", nil])
            #expect(try PostgresConfiguration("host=b user=u passfile=\(path)").password == "second")
            let other = "\(home)/other"
            try Self.write("*:*:*:*:third", to: other)
            #expect(try load("postgres://u@a/d", ["PGPASSFILE": other]).password == "third")
        }
    }

    @Test("trap 16: a password file that others can read is ignored, and the caller told") func checksPermissions()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/pass"
            for permissions in [0o640, 0o604, 0o620] {
                try Self.write("*:*:*:*:\(secret)", to: path, permissions: permissions)
                let configuration = try PostgresConfiguration("host=h user=u passfile=\(path)")
                #expect(configuration.password == nil)
                #expect(configuration.warnings.count == 1)
                #expect(configuration.warnings.allSatisfy { $0.contains("chmod 600") && !$0.contains(secret) })
            }
            #expect(try PostgresConfiguration("host=h user=u passfile=\(directory)").warnings.count == 1)
            #expect(try PostgresConfiguration("host=h user=u passfile=/nonexistent").warnings.count == 1)
            #expect(try PostgresConfiguration.fromEnvironment(["PGHOST": "h", "HOME": directory]).warnings.isEmpty)
        }
    }

    @Test("a service: below the connection string, above the variables") func usesServices() async throws {
        try await withTemporaryDirectory { home in
            try Self.write(
                "# mine\n[other]\nhost=no\n\n [shop] \n host=h1,h2 \nport=6000\nuser=u\nsearch_path=a, b\n[shop]\nhost=later\n",
                to: "\(home)/.pg_service.conf")
            let configuration = try PostgresConfiguration.fromEnvironment(
                ["HOME": home, "PGSERVICE": "shop", "PGUSER": "env", "PGDATABASE": "d"])
            #expect(configuration.url() == "postgres://u@h1:6000,h2:6000/d?search_path=a%2C%20b")
            #expect(
                configuration.origins.contains(
                    PostgresSetting(
                        name: "user", value: "u", origin: .serviceFile(path: "\(home)/.pg_service.conf", line: 8))))
            let string = try PostgresConfiguration.fromEnvironment(
                ["HOME": home], connectionString: "postgres://v@h/d?service=shop")
            #expect(string.url() == "postgres://v@h:5432/d?search_path=a%2C%20b")
            let named = try PostgresConfiguration("service=shop servicefile=\(home)/.pg_service.conf")
            #expect(named.host == "h1")
            let system = try PostgresConfiguration.fromEnvironment(
                ["PGSERVICE": "shop", "PGSYSCONFDIR": "\(home)/etc", "PGSERVICEFILE": "\(home)/.pg_service.conf"])
            #expect(system.host == "h1")
            try Self.write("[far]\nhost=far\nuser=u\n", to: "\(home)/etc/pg_service.conf")
            let far = try PostgresConfiguration.fromEnvironment(
                ["HOME": home, "PGSERVICE": "far", "PGSYSCONFDIR": "\(home)/etc"])
            #expect(far.host == "far")
        }
    }

    @Test(
        "service files that cannot be read name the line",
        arguments: ["[s]\nhost", "[s]\nhots=h", "[s]\nservice=t", "[s]\nport=\(secret)", "[s]\nsslmode=\(secret)"])
    func refusesServices(text: String) async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/services"
            try Self.write(text, to: path)
            let error = try await failure { try PostgresConfiguration("user=u service=s servicefile=\(path)") }
            #expect(error.message.contains("line 2"))
            try await failure { try PostgresConfiguration("user=u service=t servicefile=\(path)") }
            try await failure { try PostgresConfiguration("user=u service=s servicefile=\(path).absent") }
        }
    }

    @Test("certificates in ~/.postgresql") func findsCertificates() async throws {
        try await withTemporaryDirectory { home in
            let folder = "\(home)/.postgresql"
            for name in ["root.crt", "root.crl", "postgresql.crt", "postgresql.key"] {
                try Self.write("", to: "\(folder)/\(name)")
            }
            let environment = ["HOME": home, "PGHOST": "h", "PGUSER": "u"]
            let found = try PostgresConfiguration.fromEnvironment(environment)
            #expect(found.tls.rootCertificate == "\(folder)/root.crt")
            #expect(found.tls.revocationList == "\(folder)/root.crl")
            #expect(found.tls.certificate == "\(folder)/postgresql.crt")
            #expect(found.tls.key == "\(folder)/postgresql.key")
            #expect(
                found.origins.contains(
                    PostgresSetting(
                        name: "sslcert", value: "\(folder)/postgresql.crt",
                        origin: .homeDirectory(path: "\(folder)/postgresql.crt"))))
            let off = try PostgresConfiguration.fromEnvironment(environment.merging(["PGSSLMODE": "disable"]) { $1 })
            #expect(off.tls == .disable)
            let none = try PostgresConfiguration.fromEnvironment(
                environment.merging(["PGSSLCERTMODE": "disable"]) { $1 })
            #expect(none.tls.certificate == nil)
            try Self.write("", to: "\(folder)/postgresql.key", permissions: 0o644)
            let error = try await failure { try PostgresConfiguration.fromEnvironment(environment) }
            #expect(error.message.contains("postgresql.key"))
        }
    }
}
