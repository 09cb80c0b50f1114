import PostgresTypes
import PostgresWire

/// What the server asks of the names of channels and of what is sent to them.
enum ChannelName {
    /// NAMEDATALEN less its NUL: a longer name is cut off by LISTEN and refused by `pg_notify`.
    static let longest = 63
    /// PostgreSQL documentation, "NOTIFY": shorter than 8000 bytes.
    static let longestPayload = 7999

    static func check(_ name: String) throws(PostgresError) {
        guard !name.isEmpty else { throw PostgresError(.invalidUse, "the name of a channel is empty") }
        guard name.utf8.count <= longest else {
            throw PostgresError(
                .invalidUse, "the name of a channel has \(name.utf8.count) bytes; PostgreSQL allows \(longest)",
                advice: "Take a shorter name, or a digest of this one", safeToRetry: true)
        }
        guard !name.containsNUL else {
            throw PostgresError(.invalidUse, "the name of a channel contains a NUL byte", safeToRetry: true)
        }
    }

    static func checked(_ names: [String]) throws(PostgresError) -> Set<ExactText> {
        guard !names.isEmpty else { throw PostgresError(.invalidUse, "no channel to listen to is given") }
        for name in names { try check(name) }
        return Set(names.map(ExactText.init))
    }

    static func check(payload: String) throws(PostgresError) {
        guard payload.utf8.count <= longestPayload else {
            throw PostgresError(
                .invalidUse,
                "a notification has \(payload.utf8.count) bytes; PostgreSQL allows \(longestPayload)",
                advice: "Put what is to be told into a table, and notify of its key", safeToRetry: true)
        }
        guard !payload.containsNUL else {
            throw PostgresError(.invalidUse, "a notification contains a NUL byte", safeToRetry: true)
        }
    }

    static func quoted(_ name: ExactText) -> String { PostgresIdentifier(name.string).sql }
}
