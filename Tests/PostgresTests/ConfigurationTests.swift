import Foundation
import Testing

@testable import Postgres

extension ConfigurationFiles {
    /// A machine without a server, a home directory and services.
    static let bare = ConfigurationFiles(account: "me", socketDirectories: [], systemDirectory: "/nonexistent")
}

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
        let configuration = try PostgresConfiguration("postgres://bob@", files: .bare)
        #expect(configuration.host == "localhost")
        #expect(configuration.port == 5432)
        #expect(configuration.password == nil)
        #expect(configuration.database == nil)
        #expect(configuration.tls.mode == .prefer)
        #expect(!configuration.isUnixSocket)
    }

    @Test("no host is the socket of the machine's server, where there is one") func findsSockets() async throws {
        try await withTemporaryDirectory { directory in
            try "".write(toFile: "\(directory)/.s.PGSQL.7000", atomically: true, encoding: .utf8)
            var files = ConfigurationFiles.bare
            files.socketDirectories = ["/nonexistent", directory]
            #expect(try PostgresConfiguration("postgres:///db?port=7000", files: files).host == directory)
            #expect(try PostgresConfiguration("postgres://u@:7000", files: files).isUnixSocket)
            #expect(try PostgresConfiguration("postgres://u@:7001", files: files).host == "localhost")
            #expect(try PostgresConfiguration("postgres://u@h:7000", files: files).host == "h")
        }
    }

    @Test("every parameter of libpq that means something here") func readsParameters() throws {
        let c = try PostgresConfiguration(
            "postgres://u@a,b/d?hostaddr=10.0.0.1,10.0.0.2&target_session_attrs=prefer-standby&load_balance_hosts=random"
                + "&channel_binding=require&require_auth=scram-sha-256,oauth&min_protocol_version=3.0"
                + "&max_protocol_version=latest&keepalives=0&keepalives_idle=1&keepalives_interval=2&keepalives_count=3"
                + "&tcp_user_timeout=1500&sslmode=verify-ca&sslnegotiation=direct&sslcrl=crl&sslcert=c&sslkey=k"
                + "&sslpassword=p&sslsni=0&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3"
                + "&oauth_issuer=i&oauth_client_id=c&oauth_client_secret=s&oauth_scope=x&options=-c%20a%3Db"
                + "&replication=database&client_encoding=UTF8&gssencmode=prefer&krbsrvname=x&connect_timeout=0")
        #expect(c.hosts == [PostgresHost("a", address: "10.0.0.1"), PostgresHost("b", address: "10.0.0.2")])
        #expect(c.targetSession == .preferStandby)
        #expect(c.loadBalancesHosts)
        #expect(c.channelBinding == .require)
        #expect(c.requiredAuthentication == .init([.scramSHA256, .oauth]))
        #expect(c.minimumProtocol == .v3_0)
        #expect(c.maximumProtocol == .v3_2)
        #expect(
            c.keepalives
                == PostgresKeepalives(isEnabled: false, idle: .seconds(1), interval: .seconds(2), count: 3))
        #expect(c.tcpUserTimeout == .milliseconds(1500))
        #expect(c.tls.mode == .verifyCA)
        #expect(c.tls.negotiation == .direct)
        #expect(c.tls.revocationList == "crl")
        #expect(c.tls.certificate == "c")
        #expect(c.tls.key == "k")
        #expect(c.tls.keyPassword == "p")
        #expect(!c.tls.sendsServerName)
        #expect(c.tls.minimumVersion == .tls13)
        #expect(c.tls.maximumVersion == .tls13)
        #expect(c.oauth == PostgresOAuth(issuer: "i", clientID: "c", clientSecret: "s", scope: "x"))
        #expect(c.parameters == ["options": "-c a=b", "replication": "database"])
        #expect(c.connectTimeout == .seconds(86_400))
    }

    static let requirements: [(String, Set<PostgresAuthenticationMethod>?)] = [
        ("md5", Set([PostgresAuthenticationMethod.md5])), ("none, scram-sha-256", [.none, .scramSHA256]),
        ("!password,!md5,!none", [.scramSHA256, .oauth, .gss, .sspi]),
        ("md5,!password", nil), ("md5,md5", nil), ("", nil), ("md5,", nil), ("kerberos", nil), ("!!md5", nil),
    ]

    @Test(
        "require_auth, with and without !",
        arguments: ConfigurationTests.requirements)
    func readsRequirements(text: String, allowed: Set<PostgresAuthenticationMethod>?) {
        #expect(PostgresAuthenticationRequirement(list: text)?.allowed == allowed)
    }

    @Test("sslrootcert=system is verify-full, and no less") func checksSystemRoots() async throws {
        #expect(try PostgresConfiguration("host=h user=u sslrootcert=system").tls.mode == .verifyFull)
        try await failure { try PostgresConfiguration("host=h user=u sslrootcert=system sslmode=require") }
    }

    @Test("who wants no old protocol asks for the newest") func choosesProtocols() throws {
        #expect(try PostgresConfiguration("user=u min_protocol_version=3.2", files: .bare).maximumProtocol == .v3_2)
        #expect(try PostgresConfiguration("user=u", files: .bare).maximumProtocol == .v3_0)
    }

    static let protections: [(String, Bool)] = [
        ("gssencmode=require", false), ("requirepeer=postgres", false), ("sslcertmode=require", false),
        ("sslcrldir=/x", false), ("client_encoding=LATIN1", false), ("sslnegotiation=direct", false),
        ("scram_client_key=x", false), ("sslkeylogfile=/x", false), ("sslmode=no-verify", false),
        ("ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2", false),
        ("min_protocol_version=3.2 max_protocol_version=3.0", false), ("keepalives_idle=x", false),
        ("gssencmode=disable gsslib=gssapi gssdelegation=0 sslcompression=1 sslcertmode=allow", true),
        ("client_encoding=utf-8", true), ("client_encoding=auto", true),
        ("sslmode=allow ssl_max_protocol_version=TLSv1.2", true),
    ]

    @Test(
        "what asks for protection that is not there is refused, what only allows it is not",
        arguments: ConfigurationTests.protections)
    func refusesWhatItCannotDo(settings: String, isAccepted: Bool) async throws {
        let text = "host=h user=u \(settings)"
        if isAccepted {
            _ = try PostgresConfiguration(text)
        } else {
            #expect(try await failure { try PostgresConfiguration(text) }.code == .invalidConfiguration)
        }
    }

    static let misspelt: [(String, String)] = [
        ("sslmod=require", "sslmode"), ("ssl_mode=require", "sslmode"), ("applicationName=x", "application_name"),
        ("hosts=x", "host"), ("usr=x", "user"), ("channel-binding=require", "letters"),
        ("target_session_attr=any", "target_session_attrs"), ("schema=public", "search_path"),
        ("connection_limit=5", "maximumConnections"), ("pgbouncer=true", "pooler"), ("=x", "letters"),
    ]

    @Test(
        "a misspelt name is told from a setting of the server",
        arguments: ConfigurationTests.misspelt)
    func suggests(parameter: String, advice: String) async throws {
        let error = try await failure { try PostgresConfiguration("postgres://u@h/d?\(parameter)") }
        #expect(error.advice?.contains(advice) == true)
    }

    @Test(
        "settings of the server pass",
        arguments: [
            "search_path", "statement_timeout", "DateStyle", "TimeZone", "work_mem", "role", "geqo", "jit",
            "my.setting",
            "tcp_keepalives_idle", "lc_messages", "default_transaction_read_only", "pg_trgm.word_similarity_threshold",
        ])
    func passesSettings(name: String) throws {
        #expect(try PostgresConfiguration("postgres://u@h/d?\(name)=1").parameters == [name: "1"])
    }

    @Test("all that is wrong is in one error") func namesEverything() async throws {
        let error = try await failure {
            try PostgresConfiguration("postgres://u:\(secret)@h:x/d?sslmode=y&connect_timeout=z&sslsni=2&hostaddr=1,2")
        }
        for name in ["port", "sslmode", "connect_timeout", "sslsni", "hostaddr"] {
            #expect(error.message.contains(name))
        }
    }

    @Test("the first host by its short name") func changesTheFirstHost() {
        var configuration = PostgresConfiguration(host: "a", port: 1, user: "u")
        configuration.hosts = [PostgresHost("a", address: "10.0.0.1", port: 1), PostgresHost("b", port: 2)]
        configuration.host = "c"
        configuration.port = 3
        #expect(configuration.hosts == [PostgresHost("c", port: 3), PostgresHost("b", port: 2)])
        configuration.hosts = []
        #expect(throws: PostgresError.self) { try configuration.validate() }
    }
}
