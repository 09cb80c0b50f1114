#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension TemporaryServer {
    /// The database that is there from the start.
    public static let defaultDatabase = "postgres"

    /// How to reach the server over TCP, password included.
    public var connectionURL: String { connectionURL() }

    /// How to reach one of its databases over TCP, password included.
    public func connectionURL(database: String = defaultDatabase) -> String {
        "postgres://\(credentials)@127.0.0.1:\(port)/\(Self.escaped(database))"
    }

    /// How to reach one of its databases over the unix socket, password included.
    public func socketURL(database: String = defaultDatabase) -> String {
        "postgres://\(credentials)@/\(Self.escaped(database))?host=\(Self.escaped(socketDirectory))&port=\(port)"
    }

    /// The list of what the certificate's authority has revoked, in PEM, when TLS was asked for.
    public var revocationListFile: String? { options.tls == nil ? nil : socketDirectory + "/root.crl" }

    /// Certificate and key, in PEM, that one of the `clientNames` of the TLS options shows to the server.
    public func clientCertificate(for name: String) -> (certificateFile: String, keyFile: String)? {
        guard options.tls?.clientNames.contains(name) == true else { return nil }
        let path = "\(socketDirectory)/client-\(name)"
        return (path + ".crt", path + ".key")
    }

    /// The variables that PostgreSQL's own programs read, for a child process.
    public var environment: [String: String] {
        var variables = [
            "PGHOST": socketDirectory, "PGPORT": String(port), "PGUSER": options.user,
            "PGDATABASE": Self.defaultDatabase,
        ]
        variables["PGPASSWORD"] = options.password
        return variables
    }

    private var credentials: String {
        Self.escaped(options.user) + (options.password.map { ":" + Self.escaped($0) } ?? "")
    }

    /// Percent-encodes all but what RFC 3986, section 2.3 leaves unreserved.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
