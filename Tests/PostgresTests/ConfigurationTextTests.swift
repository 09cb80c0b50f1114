import Testing

@testable import Postgres

/// A configuration as text: URL, description, origins.
@Suite struct ConfigurationTextTests {
    /// Something that has to be encoded, now and then.
    private static func text(_ random: inout SystemRandomNumberGenerator) -> String {
        let signs = Array("abcXYZ019-._~@:/?#[]!$&'()*+,;=%\"\\ <>^`{|}\t\u{1}\u{301}üß€😀")
        return String(
            (0..<Int.random(in: 1..<12, using: &random)).map { _ in
                signs[Int.random(in: 0..<signs.count, using: &random)]
            })
    }

    private static func host(_ random: inout SystemRandomNumberGenerator) -> PostgresHost {
        let names = [
            "h", "db.example.com", "127.0.0.1", "::1", "fe80::1%eth0", "/tmp/a b", "/run/postgresql", "ü.example",
        ]
        return PostgresHost(
            names[Int.random(in: 0..<names.count, using: &random)], port: Int.random(in: 1...65535, using: &random))
    }

    private static func configuration(_ random: inout SystemRandomNumberGenerator) -> PostgresConfiguration {
        func maybe<T>(_ value: T) -> T? { Bool.random() ? value : nil }
        var c = PostgresConfiguration(host: "", user: text(&random))
        c.hosts = (0..<Int.random(in: 1...3, using: &random)).map { _ in host(&random) }
        if Bool.random() { c.hosts[0].address = "10.0.0.\(Int.random(in: 0...255, using: &random))" }
        c.password = maybe(Bool.random() ? text(&random) : "")
        c.database = maybe(text(&random))
        c.applicationName = maybe(text(&random))
        if Bool.random() { c.parameters["search_path"] = text(&random) }
        if Bool.random() { c.parameters["options"] = text(&random) }
        c.connectTimeout = .seconds(Int.random(in: 1...1000, using: &random))
        c.keepalives = PostgresKeepalives(isEnabled: .random(), idle: maybe(.seconds(7)), count: maybe(3))
        c.tcpUserTimeout = maybe(.milliseconds(Int.random(in: 1...9999, using: &random)))
        c.targetSession = PostgresTargetSession.allCases.randomElement(using: &random) ?? .any
        c.loadBalancesHosts = .random()
        c.channelBinding = PostgresChannelBinding.allCases.randomElement(using: &random) ?? .prefer
        c.requiredAuthentication = maybe(.init(Set(PostgresAuthenticationMethod.allCases.filter { _ in .random() })))
        c.maximumProtocol = Bool.random() ? .v3_0 : .v3_2
        c.tls.mode = PostgresTLS.Mode.allCases.randomElement(using: &random) ?? .prefer
        if [.require, .verifyCA, .verifyFull].contains(c.tls.mode) {
            c.tls.negotiation = Bool.random() ? .direct : .postgres
        }
        c.tls.rootCertificate = maybe(text(&random) + ".pem")
        c.tls.revocationList = maybe(text(&random))
        c.tls.certificate = maybe(text(&random))
        c.tls.key = maybe("/nonexistent/" + text(&random))
        c.tls.keyPassword = maybe(text(&random))
        c.tls.sendsServerName = .random()
        c.tls.maximumVersion = maybe(.tls13)
        c.oauth = PostgresOAuth(issuer: maybe(text(&random)), clientSecret: maybe(text(&random)))
        return c
    }

    @Test("a configuration written as a URL reads back the same") func roundTrips() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let written = Self.configuration(&random)
            let url = written.url(showingSecrets: true)
            let read = try PostgresConfiguration(url)
            let difference = zip(written.settingTexts(), read.settingTexts()).first { $0 != $1 }
            #expect(difference == nil, "\(url)")
            #expect(read.settingTexts().count == written.settingTexts().count)
            #expect(read.hosts == written.hosts)
            #expect(read.tls == written.tls)
            #expect(read.keepalives == written.keepalives)
            #expect(read.oauth == written.oauth)
        }
    }

    @Test("trap 16: a configuration never shows its secrets") func hidesSecrets() throws {
        var configuration = try PostgresConfiguration(
            "postgres://bob:\(secret)@h/db?sslpassword=\(secret)&oauth_client_secret=\(secret)")
        configuration.hosts[0].password = secret
        #expect(configuration.url(showingSecrets: true).contains(secret))
        let values: [Any] = [
            configuration, [configuration], configuration.tls, configuration.hosts, configuration.hosts[0],
            configuration.oauth, configuration.origins, configuration.remembered, configuration.url(),
            PostgresOAuthRequest(host: "h", user: "u", settings: configuration.oauth), configuration.warnings,
            PostgresError(.connectionFailed, "\(configuration)"),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), String(describing: value), dumped] {
                #expect(!text.contains(secret), "\(type(of: value))")
            }
        }
        #expect("\(configuration)".contains("bob:***@h"))
    }

    @Test("each setting says where it came from") func tellsOrigins() throws {
        var configuration = try PostgresConfiguration("postgres://bob:\(secret)@h/db?search_path=x", files: .bare)
        configuration.applicationName = "later"
        configuration.database = "other"
        func origin(_ name: String) -> PostgresSettingOrigin? {
            configuration.origins.first { $0.name == name }?.origin
        }
        #expect(origin("host") == .connectionString)
        #expect(origin("search_path") == .connectionString)
        #expect(origin("port") == .default)
        #expect(origin("sslmode") == .default)
        #expect(origin("application_name") == .code)
        #expect(origin("dbname") == .code)
        #expect(origin("sslcert") == nil)
        #expect(
            configuration.origins.first { $0.name == "password" }?.description == "password = *** [connection string]")
        let account = try PostgresConfiguration("postgres://h", files: .bare)
        #expect(account.origins.contains(PostgresSetting(name: "user", value: "me", origin: .account)))
    }

    static let descriptions: [(String, String)] = [
        ("postgres://bob:x@h1,h2:5433/d?sslmode=require", "postgres://bob:***@h1:5432,h2:5433/d?sslmode=require"),
        ("host=/tmp user='a b' sslmode=disable", "postgres://a%20b@%2Ftmp:5432/a%20b?sslmode=disable"),
        ("host=::1 user=u", "postgres://u@[::1]:5432/u?sslmode=prefer"),
    ]

    @Test(
        "descriptions",
        arguments: ConfigurationTextTests.descriptions)
    func describes(text: String, description: String) throws {
        #expect(try PostgresConfiguration(text).description == description)
    }
}
