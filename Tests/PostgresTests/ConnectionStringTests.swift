import Foundation
import Testing

@testable import Postgres

/// One line of the table: a string, and what libpq 18 (`PQconninfoParse`) makes of it; nil where that is an error.
struct ConnectionStringCase: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: [String: String]?

    init(_ text: String, _ expected: [String: String]?) {
        self.text = text
        self.expected = expected
    }

    var testDescription: String { text }
}

@Suite struct ConnectionStringTests {
    static let table: [ConnectionStringCase] = [
        ConnectionStringCase(
            "postgresql://uri-user:secret@host:12345/db",
            ["user": "uri-user", "password": "secret", "host": "host", "port": "12345", "dbname": "db"]),
        .init("postgres://uri-user@host/db", ["user": "uri-user", "host": "host", "dbname": "db"]),
        .init("postgresql://host:12345/db", ["host": "host", "port": "12345", "dbname": "db"]),
        .init("postgresql://uri-user@host:12345/", ["user": "uri-user", "host": "host", "port": "12345"]),
        .init("postgresql://uri-user@", ["user": "uri-user"]), .init("postgresql://", [:]),
        .init("postgresql://host", ["host": "host"]), .init("postgresql:///", [:]),
        .init("postgresql:///db", ["dbname": "db"]),
        .init("postgresql://u@h/db?", ["user": "u", "host": "h", "dbname": "db"]),
        .init("postgresql://host?uzer=", nil),
        .init(
            "postgresql://host/db?u%73er=someotheruser&port=12345",
            ["user": "someotheruser", "host": "host", "port": "12345", "dbname": "db"]),
        .init("postgresql://%68ost/", ["host": "host"]),
        .init("postgresql://host:?user=uri-user", ["host": "host", "user": "uri-user"]),
        .init("postgresql://[::1]:12345/db", ["host": "::1", "port": "12345", "dbname": "db"]),
        .init("postgresql://[2001:db8::1234]/", ["host": "2001:db8::1234"]),
        .init("postgresql://[fe80::1%25eth0]:1/db", ["host": "fe80::1%eth0", "port": "1", "dbname": "db"]),
        .init("postgresql://[::1", nil), .init("postgresql://[]", nil), .init("postgresql://[::1]z", nil),
        .init(
            "postgresql://u@h1,h2:5433/db", ["user": "u", "host": "h1,h2", "port": ",5433", "dbname": "db"]),
        .init(
            "postgresql://u@h1:1,h2:2,[::1]:3/db",
            ["user": "u", "host": "h1,h2,::1", "port": "1,2,3", "dbname": "db"]),
        .init("postgresql://u@h1,h2", ["user": "u", "host": "h1,h2", "port": ","]),
        .init("postgresql://u@,h2:5/db", ["user": "u", "host": ",h2", "port": ",5", "dbname": "db"]),
        .init("postgresql://u@h1,/db", ["user": "u", "host": "h1,", "port": ",", "dbname": "db"]),
        .init(
            "postgresql:///db?host=/var/run/postgresql&port=5433",
            ["host": "/var/run/postgresql", "port": "5433", "dbname": "db"]),
        .init("postgresql://%2Fvar%2Flib%2Fpostgresql/db", ["host": "/var/lib/postgresql", "dbname": "db"]),
        .init(
            "postgresql://u@h/db?hostaddr=127.0.0.1",
            ["user": "u", "host": "h", "hostaddr": "127.0.0.1", "dbname": "db"]),
        .init("postgresql://u@h?host=a&host=b", ["user": "u", "host": "b"]),
        .init("postgresql://u@h?user=v", ["user": "v", "host": "h"]),
        .init("postgresql://u@h:9?port=1&port=2", ["user": "u", "host": "h", "port": "2"]),
        .init("postgresql://u@h/a%2Fb", ["user": "u", "host": "h", "dbname": "a/b"]),
        .init("postgresql://u@h/a/b", ["user": "u", "host": "h", "dbname": "a/b"]),
        .init("postgresql://:p@h", ["password": "p", "host": "h"]),
        .init(
            "postgresql://u:a%40b%3A%2F%3F%23%25%2B%20@h", ["user": "u", "password": "a@b:/?#%+ ", "host": "h"]),
        .init("postgresql://u:a+b@h", ["user": "u", "password": "a+b", "host": "h"]),
        .init("postgresql://u:p:q@h", ["user": "u", "password": "p:q", "host": "h"]),
        .init("postgresql://u:p#q@h", ["user": "u", "password": "p#q", "host": "h"]),
        .init("postgresql://u@h?ssl=true", ["user": "u", "host": "h", "sslmode": "require"]),
        .init(
            "postgresql://u@h?options=-c%20search_path%3Dx",
            ["user": "u", "host": "h", "options": "-c search_path=x"]),
        .init("postgresql://u@h?a", nil), .init("postgresql://u@h?user=%zz", nil),
        .init("postgresql://u@h?user=%", nil),
        .init("postgresql://u@h/%00", nil), .init("postgresql://u@h#frag", ["user": "u", "host": "h#frag"]),
        .init(
            #"host=localhost port=5432 password='it\'s \\ x'"#,
            ["host": "localhost", "port": "5432", "password": #"it's \ x"#]),
        .init("host = localhost\tuser\n=\r\nu", ["host": "localhost", "user": "u"]),
        .init("user=u password=''", ["user": "u", "password": ""]),
        .init("user=u password='a b", nil), .init(#"user=u password=a\ b"#, ["user": "u", "password": "a b"]),
        .init("user=u user=v", ["user": "v"]), .init("user", nil),
        .init("user=u password=a'b", ["user": "u", "password": "a'b"]),
    ]

    @Test(
        "as libpq reads them",
        arguments: ConnectionStringTests.table)
    func readsAsLibpq(line: ConnectionStringCase) {
        let settings = ConnectionString.settings(line.text, from: .connectionString)
        #expect(settings.problems.isEmpty == (line.expected != nil))
        if let expected = line.expected {
            let read = settings.values.map { ($0.key.rawValue, $0.value.text) }
            #expect(Dictionary(uniqueKeysWithValues: read) == expected)
        }
    }

    static let kinder: [ConnectionStringCase] = [
        // An @ in a password; an empty password; an = in a value; && and a final &; white space around; '' in quotes.
        ConnectionStringCase("postgres://u:p@ss@h", ["user": "u", "password": "p@ss", "host": "h"]),
        .init("postgres://u:@h", ["user": "u", "password": "", "host": "h"]),
        .init(
            "postgres://u@h?password=YQ==&&dbname=d&",
            ["user": "u", "password": "YQ==", "host": "h", "dbname": "d"]),
        .init(" postgres://u@h/d\r\n", ["user": "u", "host": "h", "dbname": "d"]),
        .init("user=u password='it''s'", ["user": "u", "password": "it's"]),
    ]

    @Test(
        "kinder than libpq where its result is of no use",
        arguments: ConnectionStringTests.kinder)
    func isKind(line: ConnectionStringCase) { readsAsLibpq(line: line) }

    @Test(
        "trap 13: passwords of any signs",
        arguments: [
            "p@ss:w/o?r#d%+ ", "", "ü€😀", "a b+c", String(repeating: "x", count: 1000), "'\\\"", "%40",
            "a\u{301}@\u{301}",
            "\r\n", ",",
        ])
    func readsPasswords(password: String) throws {
        let encoded = password.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try PostgresConfiguration("postgres://bob:\(encoded)@h/db").password == password)
        #expect(try PostgresConfiguration("postgres://bob@h/db?password=\(encoded)").password == password)
        let quoted = password.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        #expect(try PostgresConfiguration("user=bob host=h password='\(quoted)'").password == password)
    }

    @Test(
        "trap 13: signs in a password that somebody forgot to encode",
        arguments: ["a+b", "p@ss", "p@ss:w@rd", "a b", ":", "=&", "1+1=2"])
    func readsPasswordsAsTheyAre(password: String) throws {
        let configuration = try PostgresConfiguration("postgres://bob:\(password)@h:1/db")
        #expect(configuration.password == password)
        #expect(configuration.hosts.map(\.description) == ["h:1"])
    }

    @Test("trap 13: an empty password is not none") func tellsEmptyFromNone() throws {
        #expect(try PostgresConfiguration("postgres://bob@h").password == nil)
        #expect(try PostgresConfiguration("postgres://bob:@h").password == "")
        #expect(try PostgresConfiguration("host=h user=bob").password == nil)
    }

    @Test(
        "trap 13: a NUL byte is refused wherever it stands",
        arguments: [
            "postgres://u%00@h", "postgres://u:p%00@h", "postgres://u@h%00", "postgres://u@h/d%00",
            "postgres://u@h?application_name=%00", "postgres://u@h?search_path=a%00b", "postgres://u@h?a%00b=c",
            "postgres://u@h?hostaddr=%00", "postgres://u@h?options=%00", "postgres://u@h?sslkey=%00",
            "host=h\0 user=u", "host=h user=u\0", "host=h user=u password='\0'", "host=h user=u search_path=\0",
        ])
    func refusesNUL(text: String) async throws {
        try await failure { try PostgresConfiguration(text) }
    }

    @Test("trap 13: a NUL byte set in code is refused before it is sent") func refusesNULFromCode() {
        let bad = "a\0b"
        let changes: [(inout PostgresConfiguration) -> Void] = [
            { $0.host = bad }, { $0.user = bad }, { $0.password = bad }, { $0.database = bad },
            { $0.applicationName = bad },
            { $0.parameters["search_path"] = bad }, { $0.parameters[bad] = "x" }, { $0.hosts[0].address = bad },
            { $0.hosts[0].password = bad }, { $0.tls.key = bad }, { $0.oauth.clientID = bad }, { $0.host = "a,b" },
        ]
        for change in changes {
            var configuration = PostgresConfiguration(host: "h", user: "u")
            change(&configuration)
            #expect(throws: PostgresError.self) { try configuration.validate() }
        }
    }

    static let hosts: [(String, [String]?)] = [
        ("postgres://u@h1,h2:5433", ["h1:5432", "h2:5433"]), ("postgres://u@h1:5433,h2", ["h1:5433", "h2:5432"]),
        ("postgres://u@[::1]:1,[fe80::2],h", ["[::1]:1", "[fe80::2]:5432", "h:5432"]),
        ("host=a,b,c port=6000 user=u", ["a:6000", "b:6000", "c:6000"]),
        ("host=a,b port=1, user=u", ["a:1", "b:5432"]),
        ("host=a,,b user=u", ["a:5432", "localhost:5432", "b:5432"]),
        ("postgres://u@a:1,b:2/d?port=7", ["a:7", "b:7"]), ("postgres://u@a/d?host=x,y", ["x:5432", "y:5432"]),
        ("host=a,b hostaddr=1.1.1.1,2.2.2.2 user=u", ["a:5432 (1.1.1.1)", "b:5432 (2.2.2.2)"]),
        ("hostaddr=::1,127.0.0.1 port=1,2 user=u", ["[::1]:1", "127.0.0.1:2"]),
        ("host=a,b hostaddr=,2.2.2.2 user=u", ["a:5432", "b:5432 (2.2.2.2)"]),
        ("postgres://u@%2Ftmp%2Fpg,h:6000/db", ["/tmp/pg:5432", "h:6000"]),
        ("host=a,b port=1,2,3 user=u", nil), ("host=a port=1,2 user=u", nil),
        ("host=a,b hostaddr=1.1.1.1 user=u", nil),
        ("host=a port=0 user=u", nil), ("host=a port=65536 user=u", nil), ("host=a port=' 1 ' user=u", ["a:1"]),
        ("host=a port=1x user=u", nil), ("host=@abstract user=u", nil),
        // fuzz: an address without a host is its name.
        ("hostaddr=@abstract user=u", nil),
    ]

    @Test(
        "trap 14: hosts, their addresses and their ports go together",
        arguments: ConnectionStringTests.hosts)
    func alignsHosts(text: String, hosts: [String]?) async throws {
        guard let hosts else {
            try await failure { try PostgresConfiguration(text, files: .bare) }
            return
        }
        #expect(try PostgresConfiguration(text, files: .bare).hosts.map(\.description) == hosts)
    }

    @Test("trap 14: a list of hosts has a bound") func boundsHosts() async throws {
        func text(_ commas: Int) -> String { "user=u host=" + String(repeating: ",", count: commas) }
        #expect(try PostgresConfiguration(text(99), files: .bare).hosts.count == 100)
        for commas in [100, 100_000] {
            let error = try await failure { try PostgresConfiguration(text(commas), files: .bare) }
            #expect(error.message.contains("more than 100 hosts"))
        }
    }

    @Test(
        "trap 14: of a repeated name the last value counts",
        arguments: [
            "postgres://u@h?search_path=a&port=1&search_path=b&port=2",
            "host=x user=u search_path=a port=1 host=h search_path=b port=2",
        ])
    func lastCounts(text: String) throws {
        let configuration = try PostgresConfiguration(text)
        #expect(configuration.hosts.map(\.description) == ["h:2"])
        #expect(configuration.parameters == ["search_path": "b"])
    }

    @Test(
        "trap 16: what cannot be read is an error without the string's text",
        arguments: [
            "", "mysql://u:\(secret)@h", "mysql://u:\(secret)@h?a=b", "u:\(secret)@h", "postgres://u:\(secret)@h:99999",
            "postgres://u:\(secret)@h:abc", "postgres://u:\(secret)@h?sslmode=perhaps", "postgres://u:\(secret)%@h",
            "postgres://u:\(secret)%zz@h", "postgres://u:\(secret)%00@h", "postgres://u:\(secret)%ff@h",
            "postgres://u:\(secret)@h?connect_timeout=soon", "postgres://u:\(secret)@h?sslmode",
            "postgres://u:\(secret)@[::1", "postgres://u:\(secret)@[::1]x", "postgres://u:\(secret)@h:0",
            "postgres://u:\(secret)@h?search_path=%00", "postgres://u:a/\(secret)@h", "postgres://u:1/\(secret)@h",
            "postgres://u:?\(secret)@h", "postgres://u@h?sslmode=\(secret)", "postgres://u@h?port=\(secret)",
            "postgres://u@h?password=a&\(secret)=b", "postgres://u@h?password=a&\(secret)",
            "postgres://u@h:\(secret)", "postgres://u@h?connect_timeout=\(secret)", "postgres://u@h?sslmod=\(secret)",
            "postgres://u@h?require_auth=\(secret)", "postgres://u@h?max_protocol_version=\(secret)",
            "postgres://u@h?sslsni=\(secret)", "postgres://u@h?client_encoding=\(secret)",
            "postgres://u@h?ssl=\(secret)",
            "host=h user=u password=a \(secret)", "host=h user=u password='\(secret)",
            "host=h user=u sslmode=\(secret)",
            "host=h user=u password=a \(secret)=b", "user=u service=\(secret) servicefile=/dev/null",
            "postgres://u@h?channel_binding=\(secret)", "postgres://u@h?%73cram_client_key=\(secret)",
        ])
    func hidesTheText(text: String) async throws {
        let error = try await failure { try PostgresConfiguration(text) }
        #expect(error.code == .invalidConfiguration)
    }

    @Test("any text is read or refused") func readsAnything() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "postgres://", "postgresql://", "@", ":", "/", "?", "&", "=", "%", "%00", "%4", "%zz", "[", "]", ",", "'",
            "\\",
            " ", "\n", "\0", "é", "\u{301}", "host", "port", "user", "password", "sslmode", "require_auth", "!", "5432",
            "-1",
            "99999999999999999999", "dbname", "options", "hostaddr", "x",
        ]
        for _ in 0..<20_000 {
            var text = Bool.random(using: &random) ? "postgres://" : ""
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            _ = try? PostgresConfiguration(text, files: .bare)
        }
    }
}
