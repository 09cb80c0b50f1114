import Foundation
import Testing

@testable import Postgres

/// Configurations from variables, `.env` files and layers.
@Suite struct ConfigurationLoaderTests {
    /// A loader that sees these variables and nothing of the machine.
    private static func loader(
        _ environment: [String: String], _ variables: [PostgresVariables] = [.prefixed("DB_")]
    ) -> PostgresConfigurationLoader {
        var loader = PostgresConfigurationLoader()
        loader.environment = environment
        loader.variables = variables
        return loader
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

    @Test("every variable of libpq") func readsEveryVariable() throws {
        let c = try PostgresConfiguration.fromEnvironment([
            "PGHOST": "a,b", "PGHOSTADDR": "10.0.0.1,10.0.0.2", "PGPORT": "1,2", "PGUSER": "u", "PGOPTIONS": "-c x=y",
            "PGSSLMODE": "verify-full", "PGSSLNEGOTIATION": "direct", "PGSSLROOTCERT": "r", "PGSSLCERT": "c",
            "PGSSLKEY": "k",
            "PGSSLCRL": "l", "PGSSLSNI": "0", "PGSSLMINPROTOCOLVERSION": "TLSv1.2",
            "PGSSLMAXPROTOCOLVERSION": "TLSv1.3",
            "PGREQUIREAUTH": "scram-sha-256", "PGCHANNELBINDING": "require", "PGTARGETSESSIONATTRS": "read-write",
            "PGLOADBALANCEHOSTS": "random", "PGMINPROTOCOLVERSION": "3.0", "PGMAXPROTOCOLVERSION": "3.2", "PGTZ": "UTC",
            "PGDATESTYLE": "ISO", "PGGEQO": "off", "PGCLIENTENCODING": "utf8", "PGGSSENCMODE": "prefer",
            "PGSSLCERTMODE": "allow", "PGSSLCOMPRESSION": "0", "PGKRBSRVNAME": "postgres", "PGGSSLIB": "gssapi",
        ])
        #expect(c.hosts.map(\.description) == ["a:1 (10.0.0.1)", "b:2 (10.0.0.2)"])
        #expect(c.parameters == ["options": "-c x=y", "TimeZone": "UTC", "DateStyle": "ISO", "geqo": "off"])
        #expect(c.tls.mode == .verifyFull)
        #expect(c.tls.negotiation == .direct)
        #expect([c.tls.rootCertificate, c.tls.certificate, c.tls.key, c.tls.revocationList] == ["r", "c", "k", "l"])
        #expect(!c.tls.sendsServerName)
        #expect(c.tls.maximumVersion == .tls13)
        #expect(c.requiredAuthentication == .init([.scramSHA256]))
        #expect(c.channelBinding == .require)
        #expect(c.targetSession == .readWrite)
        #expect(c.loadBalancesHosts)
        #expect(c.maximumProtocol == .v3_2)
        #expect(try PostgresConfiguration.fromEnvironment(["PGHOST": "h", "PGREQUIRESSL": "1"]).tls.mode == .require)
    }

    static let wrong: [([String: String], [String])] = [
        (["DATABASE_URL": "http://x"], ["DATABASE_URL"]), ([:], ["DATABASE_URL", "PGHOST"]),
        (["PGUSER": "b", "PGPORT": "x", "PGSSLMODE": "x"], ["PGPORT", "PGSSLMODE"]),
        (["PGUSER": "b", "PGCONNECT_TIMEOUT": "soon"], ["PGCONNECT_TIMEOUT"]),
        (["PGUSER": "b", "PGCLIENTENCODING": "LATIN1"], ["PGCLIENTENCODING"]),
        (["PGUSER": "b", "PGREQUIREPEER": "postgres"], ["PGREQUIREPEER"]),
        (["DATABASE_URL": "postgres://u:\(secret)@h?sslmode=x&port=y"], ["DATABASE_URL", "sslmode", "port"]),
        (["PGSERVICE": "none", "PGSYSCONFDIR": "/nonexistent"], ["PGSERVICE"]),
    ]

    @Test(
        "variables that cannot be read are named",
        arguments: ConfigurationLoaderTests.wrong)
    func namesVariables(environment: [String: String], names: [String]) async throws {
        let error = try await failure { try PostgresConfiguration.fromEnvironment(environment) }
        #expect(error.code == .invalidConfiguration)
        for name in names { #expect(error.message.contains(name)) }
    }

    @Test("a prefixed set, by either of its names") func readsPrefixes() throws {
        let one = try Self.loader([
            "DB_USER": "u", "DB_PASSWORD": "p", "DB_HOST": "h", "DB_PORT": "5433", "DB_NAME": "d", "DB_SSL": "true",
        ]).load()
        #expect(one.url(showingSecrets: true) == "postgres://u:p@h:5433/d?sslmode=require")
        let other = try Self.loader([
            "DB_USERNAME": "u", "DB_PASSWORD": "p", "DB_HOST": "h", "DB_PORT": "5433", "DB_DATABASE": "d",
        ]).load()
        #expect(other.url(showingSecrets: true) == "postgres://u:p@h:5433/d")
        let mapped = try Self.loader(
            ["ROLE": "u", "WHERE": "h"], [PostgresVariables(parts: ["user": ["ROLE"], "host": ["WHERE"]])]
        ).load()
        #expect(mapped.url() == "postgres://u@h:5432")
    }

    @Test("a URL goes before parts, and parts fill in what it leaves out") func ordersURLAndParts() throws {
        let configuration = try Self.loader([
            "DB_URL": "postgres://u@h/d", "DB_PASSWORD": "p", "DB_HOST": "other", "DB_PORT": "5433", "DB_NAME": "e",
            "DB_SSLMODE": "require",
        ]).load()
        #expect(configuration.url(showingSecrets: true) == "postgres://u:p@h:5432/d?sslmode=require")
        #expect(configuration.warnings.count == 3)
        for name in ["DB_HOST", "DB_NAME", "DB_PORT"] {
            #expect(configuration.warnings.contains { $0.hasPrefix("\(name) is not used") })
        }
        // A URL without a host leaves the host and its port to the parts.
        let open = try Self.loader(["DB_URL": "postgres://u@/d", "DB_HOST": "h", "DB_PORT": "5433"]).load()
        #expect(open.url() == "postgres://u@h:5433/d")
    }

    @Test("sets do not mix: the first that says anything is used") func choosesASet() throws {
        let sets: [PostgresVariables] = [.prefixed("PROD_DB_"), .prefixed("DB_"), .libpq]
        let environment = [
            "PROD_DB_HOST": "prod", "PROD_DB_USER": "p", "DB_HOST": "dev", "DB_PASSWORD": "dev", "PGDATABASE": "x",
        ]
        #expect(try Self.loader(environment, sets).load().url(showingSecrets: true) == "postgres://p@prod:5432")
        let url = try Self.loader(["PROD_DB_URL": "postgres://p@prod/d", "DB_HOST": "dev"], sets).load()
        #expect(url.url() == "postgres://p@prod:5432/d")
    }

    @Test("one error names each missing variable") func namesWhatIsMissing() async throws {
        var loader = Self.loader(["DB_HOST": "h", "DB_PORT": "abc", "DB_PASSWORD": ""])
        loader.required = ["host", "user", "password", "dbname"]
        let error = try await failure { try loader.load() }
        #expect(error.message.hasPrefix("4 things are missing or wrong"))
        for name in ["DB_USER or DB_USERNAME is not set", "DB_PASSWORD", "DB_NAME or DB_DATABASE", "DB_PORT"] {
            #expect(error.message.contains(name))
        }
        #expect(!error.message.contains("DB_HOST"))
        #expect(error.advice?.contains("DB_URL=") == true)
        loader.environment = ["DB_URL": "postgres://u:\(secret)@h/d"]
        #expect(try loader.load().password == secret)
    }

    @Test("defaults, then the profile of the mode, then variables") func layers() throws {
        var loader = Self.loader(["NODE_ENV": "production", "DB_PASSWORD": "p", "DB_HOST": "h"])
        loader.defaults = ["host": "localhost", "port": "5433", "user": "app", "sslmode": "prefer"]
        loader.profiles = [
            "production": .init(settings: ["sslmode": "verify-full", "host": "prod"], required: ["password"]),
            "development": .init(settings: ["dbname": "app_dev"], variables: [.prefixed("DEV_DB_")]),
        ]
        let production = try loader.load()
        #expect(loader.currentMode() == "production")
        #expect(production.url(showingSecrets: true) == "postgres://app:p@h:5433?sslmode=verify-full")
        func origin(_ name: String) -> PostgresSettingOrigin? { production.origins.first { $0.name == name }?.origin }
        #expect(origin("host") == .variable("DB_HOST"))
        #expect(origin("port") == .defaults)
        #expect(origin("sslmode") == .profile("production"))
        loader.mode = "development"
        #expect(try loader.load().url(showingSecrets: true) == "postgres://app@localhost:5433/app_dev")
        loader.defaults["sslmod"] = "require"
        #expect(throws: PostgresError.self) { try loader.load() }
    }

    @Test("a connection string that is fetched; the error of fetching tells nothing") func fetches() async throws {
        struct Refused: Error { let text = secret }
        var loader = Self.loader(["APP_ENV": "production", "DB_URL": "postgres://a@b"])
        loader.passwordProvider = { "token" }
        loader.required = ["password"]
        let fetched = try await loader.load { mode in mode == "production" ? "postgres://u@h/d" : nil }
        #expect(fetched.url() == "postgres://u@h:5432/d")
        #expect(try await fetched.passwordProvider?() == "token")
        loader.mode = "development"
        let own = try await loader.load { mode in mode == "production" ? "postgres://u@h/d" : nil }
        #expect(own.url() == "postgres://a@b:5432")
        let error = try await failure { try await loader.load { _ in throw Refused() } }
        #expect(error.message.contains("Refused"))
        try await failure { try await loader.load { _ in "http://\(secret)" } }
    }

    @Test(".env files") func readsEnvironmentFiles() async throws {
        try await withTemporaryDirectory { directory in
            let (first, second) = ("\(directory)/.env.local", "\(directory)/.env")
            try "DB_PASSWORD=local\nDB_PORT=1\n".write(toFile: first, atomically: true, encoding: .utf8)
            try "# the base\nexport DB_HOST=h\nDB_USER=u\nDB_PASSWORD=base\n"
                .write(toFile: second, atomically: true, encoding: .utf8)
            var loader = Self.loader(["DB_PORT": "2"])
            loader.environmentFiles = [first, "\(directory)/.env.absent", second]
            let configuration = try loader.load()
            #expect(configuration.url(showingSecrets: true) == "postgres://u:local@h:2")
            #expect(
                configuration.origins.contains(
                    PostgresSetting(
                        name: "host", value: "h",
                        origin: .environmentFile(path: second, line: 2, variable: "DB_HOST"))))
            try "DB_HOST=h\nDB_PORT=\(secret)\n'x\n".write(toFile: second, atomically: true, encoding: .utf8)
            loader.environment = [:]
            loader.environmentFiles = [second]
            let error = try await failure { try loader.load() }
            #expect(error.message.contains("DB_PORT (\(second), line 2)"))
            #expect(error.message.contains("line 3"))
        }
    }

    static let lines: [(String, [String: String]?)] = [
        ("A=b", ["A": "b"]), ("A = b # c", ["A": "b"]), ("export A=b", ["A": "b"]), ("export=b", ["export": "b"]),
        ("A=b#c", ["A": "b#c"]), ("A= # c", ["A": ""]), ("A='b # c' # d", ["A": "b # c"]),
        ("A=\"x\\ny\\\"\\\\\\$z\"", ["A": "x\ny\"\\$z"]), ("A='x\\n'", ["A": "x\\n"]),
        ("A='x\ny'\nB=1", ["A": "x\ny", "B": "1"]),
        ("A=b\r\nB=c\r\n", ["A": "b", "B": "c"]), ("\u{FEFF}A=b", ["A": "b"]), ("A=1\nA=2", ["A": "2"]),
        ("A=postgres://u:p@h/d?a=b#c", ["A": "postgres://u:p@h/d?a=b#c"]), ("A=$(id)", ["A": "$(id)"]),
        ("A=`x`", ["A": "x"]),
        ("\n \n#x\nA=b", ["A": "b"]), ("A=", ["A": ""]), ("A=ü", ["A": "ü"]),
        ("A", nil), ("=b", nil), ("A='b", nil), ("A='b'c", nil), ("A b=c", nil), ("A=\0", nil), ("A: b", nil),
    ]

    @Test(
        "lines of .env files",
        arguments: ConfigurationLoaderTests.lines)
    func readsLines(text: String, variables: [String: String]?) {
        let file = EnvironmentFile(path: ".env", bytes: Array(text.utf8))
        #expect(file.problems.isEmpty == (variables != nil))
        if let variables { #expect(file.variables.mapValues(\.value) == variables) }
        #expect(file.warnings.isEmpty != text.contains("$("))
    }
}
