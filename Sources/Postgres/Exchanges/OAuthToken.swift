import PostgresTypes
import PostgresWire

/// The client's side of OAUTHBEARER (RFC 7628): one message with the token in it.
enum OAuthToken {
    /// The initial response. An empty token asks the server only where tokens come from.
    static func initialResponse(_ token: String) throws(PostgresError) -> [UInt8] {
        // RFC 6750, 2.1: what follows "Bearer ". Anything else could say more than a token.
        let isPlain = token.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~+/=".utf8.contains(byte)
            }
        }
        guard isPlain else {
            throw PostgresError(
                .authenticationFailed, "the OAuth token holds characters that no token has",
                advice: "oauthTokenProvider gives the bare token, without the word Bearer (RFC 6750, section 2.1)")
        }
        return Array("n,,\u{1}auth=\(token.isEmpty ? "" : "Bearer \(token)")\u{1}\u{1}".utf8)
    }
}

/// What a server says of a token that it does not take: a JSON object (RFC 7628, 3.2.2).
struct OAuthRefusal: Sendable, Equatable {
    var status: String?
    /// Where the authority's metadata is.
    var discoveryURL: String?
    var scope: String?

    /// `token` is left out wherever the server repeats it.
    init(_ message: [UInt8], hiding token: String?) {
        guard let json = try? JSONValue(parsing: message), let object = json.object else { return }
        func text(_ key: String) -> String? {
            guard case .string(let value)? = object[key] else { return nil }
            // Text of the server's choice: short, without control characters.
            let shown = String(value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(512))
            guard let token, !token.isEmpty, shown.contains(token) else { return shown }
            return nil
        }
        status = text("status")
        discoveryURL = text("openid-configuration")
        scope = text("scope")
    }

    var description: String {
        var parts: [String] = []
        if let status { parts.append("status \(status)") }
        if let scope { parts.append("scope \(scope)") }
        if let discoveryURL { parts.append("tokens come from \(discoveryURL)") }
        return parts.isEmpty ? "without a reason" : parts.joined(separator: ", ")
    }
}
