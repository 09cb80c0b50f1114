public import PostgresWire

/// One message as a server sends it, for `ScriptedServer` scripts.
///
/// PostgreSQL documentation, "Message Formats". Nothing keeps a script from sending what no server would.
public struct BackendMessage: Sendable, Hashable {
    /// The whole message: kind, length, body.
    public var bytes: [UInt8]

    /// Bytes as they are, whole messages or not.
    public static func raw(_ bytes: [UInt8]) -> BackendMessage { BackendMessage(bytes: bytes) }

    /// A message of any kind around a body; the length is right.
    public static func message(_ kind: Character, body: [UInt8] = []) -> BackendMessage {
        make(kind) { $0.append(body) }
    }

    /// Writes kind, length and what `fill` appends.
    static func make(_ kind: Character, _ fill: (inout PostgresBuffer) -> Void) -> BackendMessage {
        var buffer = PostgresBuffer()
        buffer.append(kind.asciiValue ?? 0)
        buffer.append(Int32(0))
        fill(&buffer)
        // The length counts itself and not the kind.
        buffer.overwrite(Int32(truncatingIfNeeded: buffer.count - 1), at: 1)
        return BackendMessage(bytes: buffer.withUnsafeBytes { Array($0) })
    }

    /// One name and value of the server's settings.
    public static func parameterStatus(_ name: String, _ value: String) -> BackendMessage {
        make("S") {
            $0.append(cString: name)
            $0.append(cString: value)
        }
    }

    /// What a CancelRequest must carry: four bytes of key in protocol 3.0, up to 256 in 3.2.
    public static func backendKeyData(processID: Int32, secretKey: [UInt8] = [1, 2, 3, 4]) -> BackendMessage {
        make("K") {
            $0.append(processID)
            $0.append(secretKey)
        }
    }

    /// The newest minor version the server speaks, and the protocol options it does not know.
    public static func negotiateProtocolVersion(_ version: Int32, unknown: [String] = []) -> BackendMessage {
        make("v") {
            $0.append(version)
            $0.append(Int32(truncatingIfNeeded: unknown.count))
            for name in unknown { $0.append(cString: name) }
        }
    }

    /// Ready; "I" idle, "T" in a transaction, "E" in a failed one.
    public static func readyForQuery(_ status: Character = "I") -> BackendMessage {
        message("Z", body: [status.asciiValue ?? 0])
    }

    /// The end of one statement: `SELECT 1`, `INSERT 0 3`.
    public static func commandComplete(_ tag: String) -> BackendMessage {
        make("C") { $0.append(cString: tag) }
    }

    /// The answer to an empty statement, instead of CommandComplete.
    public static let emptyQueryResponse = message("I")
    /// The answer to Parse.
    public static let parseComplete = message("1")
    /// The answer to Bind.
    public static let bindComplete = message("2")
    /// The answer to Close.
    public static let closeComplete = message("3")
    /// The answer to Describe of a statement without rows.
    public static let noData = message("n")
    /// Execute has given as many rows as it was asked for.
    public static let portalSuspended = message("s")

    /// The fields of an error in the order given, by their one-letter codes.
    public static func errorResponse(_ fields: [(PostgresServerError.Field, String)]) -> BackendMessage {
        diagnostics("E", fields)
    }

    /// An error with the fields that every one has.
    public static func error(_ state: SQLState, _ message: String, severity: String = "ERROR") -> BackendMessage {
        errorResponse([
            (.localizedSeverity, severity), (.severity, severity), (.sqlState, state.rawValue), (.message, message),
        ])
    }

    /// A notice with the fields that every one has.
    public static func notice(_ message: String, severity: String = "NOTICE") -> BackendMessage {
        diagnostics(
            "N", [(.localizedSeverity, severity), (.severity, severity), (.sqlState, "00000"), (.message, message)])
    }

    private static func diagnostics(
        _ kind: Character, _ fields: [(PostgresServerError.Field, String)]
    ) -> BackendMessage {
        make(kind) {
            for (field, value) in fields {
                $0.append(field.rawValue)
                $0.append(cString: value)
            }
            $0.append(UInt8(0))
        }
    }

    /// A NOTIFY from another session.
    public static func notification(processID: Int32, channel: String, payload: String) -> BackendMessage {
        make("A") {
            $0.append(processID)
            $0.append(cString: channel)
            $0.append(cString: payload)
        }
    }
}
