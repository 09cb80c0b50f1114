import PostgresCrypto
import PostgresTypes
import PostgresWire

/// What one attempt to start a session asks for, where attempts differ.
struct StartupOptions: Sendable {
    var version: PostgresProtocolVersion
    /// What the server must be; `preferStandby` has been made definite before.
    var target = PostgresTargetSession.any
    /// Where tokens come from, when a server has told it before.
    var discovery: OAuthRefusal?
}

/// From the first message to a session that is ready: answers what the server asks for, and looks whether it is the
/// kind of server that is wanted.
///
/// Pure: messages in, bytes to send out.
struct StartupExchange: ~Copyable {
    enum Event {
        case nothing
        case wants(Authentication.Want)
        case ready(TransactionStatus)
        case failed(PostgresServerError)
        /// It works, and is another kind of server than is wanted.
        case unsuitable(String)
    }

    private enum State {
        case authenticating
        case authenticated
        /// A statement asks what kind of server it is.
        case asking
    }

    /// libpq's bound for what comes before authentication; nobody who has not been let in needs more.
    private static let largestEarlyFrame = 30_000
    /// Bounds for all of it, and for one message behind authentication, which may be a long notice.
    private static let largestTotal = 1024 * 1024
    private static let mostMessages = 5000

    private let options: StartupOptions
    private let minimumVersion: PostgresProtocolVersion
    /// Protocol options that the user's own settings ask for.
    private let requestedOptions: Set<String>
    private var state = State.authenticating
    private var authentication: Authentication
    private var bytes = 0
    private var messages = 0
    private var hasNegotiated = false
    private var answer: String?

    /// For cancelling; nil where the server, or a proxy before it, gives none.
    private(set) var cancelKey: (processID: Int32, secretKey: [UInt8])?
    /// The server's settings as it reported them.
    // Room for what servers report, of which there are 13 to 15: growing would take longer than reading them.
    private(set) var parameters = [String: String](minimumCapacity: 16)
    /// What the session speaks: the version asked for, unless the server has only an older one.
    private(set) var version: PostgresProtocolVersion

    init(configuration: PostgresConfiguration, options: StartupOptions, rules: AuthenticationRules) {
        self.options = options
        version = options.version
        minimumVersion = configuration.minimumProtocol
        requestedOptions = Set(configuration.parameters.keys.filter { $0.hasPrefix("_pq_.") })
        authentication = Authentication(user: configuration.user, rules: rules)
    }

    /// The first message.
    static func begin(
        _ configuration: PostgresConfiguration, version: PostgresProtocolVersion, to buffer: inout PostgresBuffer
    ) {
        var parameters: [(name: String, value: String)] = [
            ("user", configuration.user), ("database", configuration.database ?? configuration.user),
            ("client_encoding", "UTF8"),
        ]
        if let name = configuration.applicationName { parameters.append(("application_name", name)) }
        for (name, value) in configuration.parameters.sorted(by: { $0.key < $1.key }) {
            parameters.append((name, value))
        }
        FrontendMessage.startup(version: version.code, parameters, to: &buffer)
    }

    /// The longest message that may come now, as its own length counts it.
    var largestFrame: Int { authentication.isDone ? Self.largestTotal : Self.largestEarlyFrame }

    /// Something was asked for from outside: the server has to wait.
    var isWaiting: Bool { authentication.isWaiting }

    /// Nothing but the first message and its refusal: another version of the protocol may be what helps.
    var hasHeardNothing: Bool { messages == 0 }

    /// An empty token was sent, to be told where tokens come from.
    var hasAskedForDiscovery: Bool { authentication.hasAskedForDiscovery }

    /// What the server said of a token that it refused.
    var tokenRefusal: OAuthRefusal? { authentication.tokenRefusal }

    mutating func give(password: String, to buffer: inout PostgresBuffer) throws(PostgresError) {
        try authentication.give(password: password, to: &buffer)
    }

    mutating func give(token: String, to buffer: inout PostgresBuffer) throws(PostgresError) {
        try authentication.give(token: token, to: &buffer)
    }

    mutating func give(proof: Result<[UInt8], SCRAMError>, to buffer: inout PostgresBuffer) throws(PostgresError) {
        try authentication.give(proof: proof, to: &buffer)
    }

    mutating func receive(
        _ kind: UInt8, _ content: UnsafeRawBufferPointer, to buffer: inout PostgresBuffer
    ) throws(PostgresError) -> Event {
        if kind == BackendKind.errorResponse {
            let error = try BackendMessage.serverError(content)
            // A server that cannot say what it is, as in the middle of a failover, is not taken for what is wanted.
            if case .asking = state { return .unsuitable("it does not say whether it is: \(error.message)") }
            return .failed(error)
        }
        try count(content.count)
        if case .asking = state { return try receiveAnswer(kind, content) }
        switch kind {
        case BackendKind.authentication:
            switch try authentication.receive(try BackendMessage.authentication(content), to: &buffer) {
            case .nothing: break
            case .wants(let want): return .wants(want)
            case .done: state = .authenticated
            }
        case BackendKind.backendKeyData where authentication.isDone:
            cancelKey = try BackendMessage.backendKeyData(content)
        case BackendKind.parameterStatus where authentication.isDone:
            try note(content)
        case BackendKind.noticeResponse:
            break
        case BackendKind.negotiateProtocolVersion where !authentication.isDone && !hasNegotiated:
            hasNegotiated = true
            try negotiate(content)
        case BackendKind.readyForQuery where authentication.isDone:
            return try ready(try TransactionStatus(content), to: &buffer)
        default:
            throw unexpected(kind, advice: "Is something other than PostgreSQL listening there?")
        }
        return .nothing
    }

    /// A server that never comes to an end is none.
    private mutating func count(_ size: Int) throws(PostgresError) {
        messages += 1
        bytes += size
        guard messages <= Self.mostMessages, bytes <= Self.largestTotal else {
            throw PostgresError(
                .protocolViolation,
                "the server sent \(messages) messages with \(bytes) bytes before it was ready, which no server does",
                advice: "Is something other than PostgreSQL listening there?")
        }
    }

    private mutating func note(_ content: UnsafeRawBufferPointer) throws(PostgresError) {
        let (name, value) = try BackendMessage.parameterStatus(content)
        parameters[name] = value
    }

    // MARK: The protocol's version

    private mutating func negotiate(_ content: UnsafeRawBufferPointer) throws(PostgresError) {
        let (code, unknown) = try BackendMessage.negotiateProtocolVersion(content)
        let invented = unknown.filter { !requestedOptions.contains($0) }
        guard invented.isEmpty else {
            throw PostgresError(
                .protocolViolation, "the server refuses \(invented.count) protocol options that nobody asked for")
        }
        guard code <= version.code, code != version.code || !unknown.isEmpty,
            let offered = PostgresProtocolVersion.allCases.first(where: { $0.code == code })
        else {
            throw PostgresError(
                .protocolViolation,
                "asked for protocol \(version.rawValue), the server answers with \(code >> 16).\(code & 0xFFFF)")
        }
        guard offered >= minimumVersion else {
            throw Self.tooOld("the server speaks protocol \(offered.rawValue) at best", minimumVersion)
        }
        guard unknown.isEmpty else {
            throw PostgresError(
                .connectionFailed, "the server does not know the protocol options \(unknown.joined(separator: ", "))",
                advice: "Take them out of the connection's parameters")
        }
        version = offered
    }

    static func tooOld(_ what: String, _ minimum: PostgresProtocolVersion) -> PostgresError {
        PostgresError(
            .connectionFailed, "\(what), and min_protocol_version asks for \(minimum.rawValue)",
            advice: "Protocol 3.2 needs PostgreSQL 18, and a proxy that knows it; min_protocol_version=3.0 goes without"
        )
    }

    // MARK: The kind of server

    private mutating func ready(
        _ status: TransactionStatus, to buffer: inout PostgresBuffer
    ) throws(PostgresError) -> Event {
        // PostgreSQL 14 and later report what is needed; others are asked.
        let isStandby = parameters["in_hot_standby"].map { $0 == "on" }
        let isReadOnly = parameters["default_transaction_read_only"].map { $0 == "on" }
        switch options.target {
        case .any, .preferStandby:
            return .ready(status)
        case .readWrite, .readOnly:
            if let isStandby, let isReadOnly { return verdict(isStandby || isReadOnly, status) }
            FrontendMessage.query("SHOW transaction_read_only", to: &buffer)
        case .primary, .standby:
            if let isStandby { return verdict(isStandby, status) }
            FrontendMessage.query("SELECT pg_catalog.pg_is_in_recovery()", to: &buffer)
        }
        state = .asking
        return .nothing
    }

    /// Read-only, or in recovery: is it what is wanted?
    private func verdict(_ isRestricted: Bool, _ status: TransactionStatus) -> Event {
        switch options.target {
        case .readWrite where isRestricted: .unsuitable("it is read-only")
        case .readOnly where !isRestricted: .unsuitable("it is not read-only")
        case .primary where isRestricted: .unsuitable("it is a standby")
        case .standby where !isRestricted: .unsuitable("it is not a standby")
        default: .ready(status)
        }
    }

    private mutating func receiveAnswer(
        _ kind: UInt8, _ content: UnsafeRawBufferPointer
    ) throws(PostgresError) -> Event {
        switch kind {
        case BackendKind.rowDescription, BackendKind.commandComplete, BackendKind.noticeResponse:
            break
        case BackendKind.parameterStatus:
            try note(content)
        case BackendKind.dataRow:
            // One column of text.
            var reader = MessageReader(content, "DataRow")
            guard try reader.count(eachAtLeast: 4) == 1 else { throw unexpected(kind) }
            let length = Int(try reader.integer(Int32.self))
            answer = String(decoding: try reader.bytes(length), as: UTF8.self)
            try reader.finish()
        case BackendKind.readyForQuery:
            let status = try TransactionStatus(content)
            switch answer {
            case "on", "t": return verdict(true, status)
            case "off", "f": return verdict(false, status)
            default: return .unsuitable("it does not say whether it is")
            }
        default:
            throw unexpected(kind)
        }
        return .nothing
    }
}
