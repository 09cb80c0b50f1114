import Testing

@testable import Postgres

@Suite struct ConfigurationTests {
    @Test func readsAURL() throws {
        let configuration = try PostgresConfiguration(
            "postgresql://bob:geheim@db.example.com:6432/shop?sslmode=verify-full&sslrootcert=system&application_name=a%20b"
                + "&connect_timeout=3&search_path=app,public")
        #expect(configuration.host == "db.example.com")
        #expect(configuration.port == 6432)
        #expect(configuration.user == "bob")
        #expect(configuration.password == "geheim")
        #expect(configuration.database == "shop")
        #expect(configuration.tls.mode == .verifyFull)
        #expect(configuration.tls.rootCertificate == "system")
        #expect(configuration.applicationName == "a b")
        #expect(configuration.connectTimeout == .seconds(3))
        #expect(configuration.parameters == ["search_path": "app,public"])
    }

    @Test func hasDefaults() throws {
        let configuration = try PostgresConfiguration("postgres://bob@")
        #expect(configuration.host == "localhost")
        #expect(configuration.port == 5432)
        #expect(configuration.password == nil)
        #expect(configuration.database == nil)
        #expect(configuration.tls.mode == .prefer)
        #expect(!configuration.isUnixSocket)
    }

    @Test(
        "trap 13: passwords of any signs",
        arguments: ["p@ss:w/o?r#d%+ ", "", "ü€😀", "a b+c", String(repeating: "x", count: 1000)])
    func readsPasswords(password: String) throws {
        let encoded = password.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try PostgresConfiguration("postgres://bob:\(encoded)@h/db").password == password)
        #expect(try PostgresConfiguration("postgres://bob@h/db?password=\(encoded)").password == password)
    }

    @Test("a plus sign is itself; the last @ ends the credentials") func readsSignsThatNeedNoEncoding() throws {
        let configuration = try PostgresConfiguration("postgres://b+b:p@ss+word@h")
        #expect(configuration.user == "b+b")
        #expect(configuration.password == "p@ss+word")
        #expect(configuration.host == "h")
    }

    @Test(
        "hosts of every kind",
        arguments: [
            ("postgres://u@127.0.0.1:1", "127.0.0.1", 1), ("postgres://u@[::1]:5433/db", "::1", 5433),
            ("postgres://u@[fe80::1%25eth0]", "fe80::1%25eth0", 5432),
            ("postgres://u@%2Ftmp%2Fpg:6000/db", "/tmp/pg", 6000),
            ("postgres://u@/db?host=/var/run/postgresql&port=5433", "/var/run/postgresql", 5433),
            ("postgres://u@:7000", "localhost", 7000),
        ])
    func readsHosts(url: String, host: String, port: Int) throws {
        let configuration = try PostgresConfiguration(url)
        #expect(configuration.port == port)
        #expect(configuration.isUnixSocket == host.hasPrefix("/"))
        // A zone is written %25 in a URL (RFC 6874).
        #expect(configuration.host == host || configuration.host == host.replacing("%25", with: "%"))
    }

    @Test(
        "what cannot be read is an error without the URL's text",
        arguments: [
            "mysql://u:\(secret)@h", "u:\(secret)@h", "postgres://u:\(secret)@h:99999", "postgres://u:\(secret)@h:abc",
            "postgres://u:\(secret)@h?sslmode=perhaps", "postgres://u:\(secret)%@h", "postgres://u:\(secret)%zz@h",
            "postgres://u:\(secret)%00@h", "postgres://u:\(secret)%ff@h",
            "postgres://u:\(secret)@h?connect_timeout=soon",
            "postgres://u:\(secret)@h?sslmode", "postgres://u:\(secret)@[::1", "postgres://u:\(secret)@[::1]x",
            "postgres://:\(secret)@h", "postgres://u:\(secret)@h:0", "postgres://u:\(secret)@h?channel_binding=require",
            "postgres://u:\(secret)@h?search_path=%00",
        ])
    func refusesOthers(url: String) async throws {
        let error = try await failure { try PostgresConfiguration(url) }
        #expect(error.code == .invalidConfiguration)
    }

    @Test("trap 16: a configuration never shows its password") func hidesThePassword() throws {
        let configuration = try PostgresConfiguration("postgres://bob:\(secret)@h/db")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"] {
            #expect(!text.contains(secret))
            #expect(text.contains("bob"))
        }
    }

    @Test func readsTheEnvironment() throws {
        let configuration = try PostgresConfiguration.fromEnvironment([
            "PGHOST": "db", "PGPORT": "1234", "PGUSER": "bob", "PGPASSWORD": "p", "PGDATABASE": "shop",
            "PGSSLMODE": "require", "PGAPPNAME": "app", "PGCONNECT_TIMEOUT": "7",
        ])
        #expect(configuration.description == "postgres://bob:***@db:1234/shop?sslmode=require")
        #expect(configuration.applicationName == "app")
        #expect(configuration.connectTimeout == .seconds(7))
        let url = try PostgresConfiguration.fromEnvironment(["DATABASE_URL": "postgres://a@b/c", "PGUSER": "x"])
        #expect(url.user == "a")
    }

    @Test(
        "variables that cannot be read are named",
        arguments: [
            (["DATABASE_URL": "http://x"], "DATABASE_URL"), ([:], "DATABASE_URL"),
            (["PGUSER": "b", "PGPORT": "x"], "PGPORT"),
            (["PGUSER": "b", "PGSSLMODE": "x"], "PGSSLMODE"),
            (["PGUSER": "b", "PGCONNECT_TIMEOUT": "-1"], "PGCONNECT_TIMEOUT"),
        ])
    func namesVariables(environment: [String: String], name: String) async throws {
        let error = try await failure { try PostgresConfiguration.fromEnvironment(environment) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.contains(name))
    }
}
