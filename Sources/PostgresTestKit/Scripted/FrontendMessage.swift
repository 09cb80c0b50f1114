/// One message as a client sends it, taken apart.
///
/// PostgreSQL documentation, "Message Formats".
public enum FrontendMessage: Sendable, Hashable {
    /// The first message: protocol version (196608 is 3.0) and parameters.
    case startup(version: Int32, parameters: [String: String])
    /// Asks for TLS, before anything else.
    case sslRequest
    /// Asks for encryption by GSSAPI, before anything else.
    case gssEncryptionRequest
    /// Asks, on a connection of its own, to stop what the session with this key does.
    case cancelRequest(processID: Int32, secretKey: [UInt8])
    /// One or more statements by the simple protocol.
    case query(String)
    /// A statement to keep under a name, and the OIDs of parameter types that are given.
    case parse(statement: String, sql: String, types: [UInt32])
    /// Values for a statement.
    case bind(Bind)
    /// Asks for types and columns.
    case describe(Target)
    /// Forgets a statement or portal.
    case close(Target)
    /// Runs a portal, for at most so many rows; 0 is all.
    case execute(portal: String, maximumRows: Int32)
    /// The end of a series; the server answers with ReadyForQuery.
    case sync
    /// Asks for the answers so far.
    case flush
    /// The client leaves.
    case terminate
    /// A password or a part of a SASL exchange: which, only the server's last request tells.
    case password([UInt8])
    /// A piece of a COPY.
    case copyData([UInt8])
    /// The end of a COPY.
    case copyDone
    /// The client gives a COPY up, and why.
    case copyFail(String)
    /// Of a kind, or with a body, that this parser does not know.
    case other(Character, [UInt8])

    /// The values of one execution.
    public struct Bind: Sendable, Hashable {
        /// The name it can be executed by; empty for the one without.
        public var portal: String
        /// The name of the statement; empty for the one without.
        public var statement: String
        /// None: all in text; one: for all; else one for each.
        public var parameterFormats: [Int16]
        /// nil is NULL.
        public var parameters: [[UInt8]?]
        /// As `parameterFormats`, of the columns that come back.
        public var resultFormats: [Int16]
    }

    /// What Describe and Close speak of.
    public enum Target: Sendable, Hashable {
        /// A statement, by its name.
        case statement(String)
        /// A portal, by its name.
        case portal(String)
    }

    /// The byte the protocol knows the kind by; for the four first messages, which have none, `startup` is "0",
    /// `sslRequest` "8", `gssEncryptionRequest` "9" and `cancelRequest` "7".
    public var kind: Character {
        switch self {
        case .startup: "0"
        case .sslRequest: "8"
        case .gssEncryptionRequest: "9"
        case .cancelRequest: "7"
        case .query: "Q"
        case .parse: "P"
        case .bind: "B"
        case .describe: "D"
        case .close: "C"
        case .execute: "E"
        case .sync: "S"
        case .flush: "H"
        case .terminate: "X"
        case .password: "p"
        case .copyData: "d"
        case .copyDone: "c"
        case .copyFail: "f"
        case .other(let kind, _): kind
        }
    }
}

extension FrontendMessage {
    /// Takes apart a message that begins with its kind.
    init(kind: Character, body: [UInt8]) {
        var reader = ByteReader(body)
        let message = Self.parse(kind, &reader)
        // What is left over means that it was not understood.
        self = if let message, reader.isAtEnd { message } else { .other(kind, body) }
    }

    /// Takes apart the first message of a connection, which has no kind.
    init(first body: [UInt8]) {
        var reader = ByteReader(body)
        let message = Self.parseFirst(&reader)
        self = if let message, reader.isAtEnd { message } else { .other("0", body) }
    }

    private static func parse(_ kind: Character, _ reader: inout ByteReader) -> FrontendMessage? {
        switch kind {
        case "Q": reader.string().map { .query($0) }
        case "P": parseParse(&reader)
        case "B": parseBind(&reader)
        case "D": parseTarget(&reader).map { .describe($0) }
        case "C": parseTarget(&reader).map { .close($0) }
        case "E": parseExecute(&reader)
        case "S": .sync
        case "H": .flush
        case "X": .terminate
        case "p": .password(reader.rest())
        case "d": .copyData(reader.rest())
        case "c": .copyDone
        case "f": reader.string().map { .copyFail($0) }
        default: nil
        }
    }

    private static func parseFirst(_ reader: inout ByteReader) -> FrontendMessage? {
        guard let code = reader.integer(Int32.self) else { return nil }
        switch code {
        case 80_877_103: return .sslRequest
        case 80_877_104: return .gssEncryptionRequest
        case 80_877_102:
            guard let processID = reader.integer(Int32.self) else { return nil }
            return .cancelRequest(processID: processID, secretKey: reader.rest())
        default:
            var parameters: [String: String] = [:]
            while let name = reader.string(), !name.isEmpty {
                guard let value = reader.string() else { return nil }
                parameters[name] = value
            }
            return .startup(version: code, parameters: parameters)
        }
    }

    private static func parseParse(_ reader: inout ByteReader) -> FrontendMessage? {
        guard let statement = reader.string(), let sql = reader.string(),
            let types = reader.array({ $0.integer(UInt32.self) })
        else { return nil }
        return .parse(statement: statement, sql: sql, types: types)
    }

    private static func parseBind(_ reader: inout ByteReader) -> FrontendMessage? {
        guard let portal = reader.string(), let statement = reader.string(),
            let formats = reader.array({ $0.integer(Int16.self) }),
            let parameters = reader.array({ $0.value() }),
            let results = reader.array({ $0.integer(Int16.self) })
        else { return nil }
        return .bind(
            Bind(
                portal: portal, statement: statement, parameterFormats: formats, parameters: parameters,
                resultFormats: results))
    }

    private static func parseExecute(_ reader: inout ByteReader) -> FrontendMessage? {
        guard let portal = reader.string(), let rows = reader.integer(Int32.self) else { return nil }
        return .execute(portal: portal, maximumRows: rows)
    }

    private static func parseTarget(_ reader: inout ByteReader) -> Target? {
        guard let kind = reader.integer(UInt8.self), let name = reader.string() else { return nil }
        switch kind {
        case UInt8(ascii: "S"): return .statement(name)
        case UInt8(ascii: "P"): return .portal(name)
        default: return nil
        }
    }
}
