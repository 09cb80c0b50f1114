import PostgresTypes
import PostgresWire

/// What the server is asked to send, and how often it is told how far the reader is.
public struct PostgresReplicationOptions: Sendable, Hashable {
    /// When large transactions are sent.
    public enum Streaming: String, Sendable, Hashable {
        /// Once they are committed; until then the server keeps them on its disk.
        case off
        /// In chunks, before they end (PostgreSQL 14). They may be rolled back.
        case on
        /// As `on`, in the form for readers that work on several at once (PostgreSQL 16).
        case parallel
    }

    /// Whose changes are sent (PostgreSQL 16).
    public enum Origin: String, Sendable, Hashable {
        /// Everybody's.
        case any
        /// Only those made on the server itself, not those that were replicated to it.
        case none
    }

    /// Only for ``PostgresReplicationStream/messages``: whole transactions are handed out once they are committed.
    public var streaming: Streaming
    /// Values in their binary form, so that they decode as those of a query do. nil: where the server can, from
    /// PostgreSQL 14 on. As text, cells decode as `String`.
    public var isBinary: Bool?
    /// What `pg_logical_emit_message` writes is sent too (PostgreSQL 14).
    public var messages: Bool
    /// Prepared transactions are sent when they are prepared (PostgreSQL 15, a slot made for it). Only for
    /// ``PostgresReplicationStream/messages``.
    public var twoPhase: Bool
    /// nil: the server's default, everybody's.
    public var origin: Origin?
    /// How often the server is told that we live and how far we are, at the latest. nil: every third of the server's
    /// `wal_sender_timeout`, at most ten seconds.
    public var statusInterval: Duration?

    /// What is left out suits a reader of whole transactions.
    public init(
        streaming: Streaming = .off, isBinary: Bool? = nil, messages: Bool = false, twoPhase: Bool = false,
        origin: Origin? = nil, statusInterval: Duration? = nil
    ) {
        self.streaming = streaming
        self.isBinary = isBinary
        self.messages = messages
        self.twoPhase = twoPhase
        self.origin = origin
        self.statusInterval = statusInterval
    }
}

/// What a new slot is for.
public struct PostgresSlotOptions: Sendable, Hashable {
    /// What becomes of the snapshot of the moment from which the slot sends changes.
    public enum Snapshot: String, Sendable, Hashable {
        /// It is thrown away.
        case nothing
        /// It has a name, which `SET TRANSACTION SNAPSHOT` takes on other connections, until the next command here.
        case export
        /// The transaction that is open on this connection, repeatable read and without a statement yet, sees it.
        case use
    }

    /// Gone with its connection. For trying things out, and for readers that need nothing of what they missed.
    public var isTemporary: Bool
    /// What becomes of the snapshot.
    public var snapshot: Snapshot
    /// Prepared transactions are decoded when they are prepared (PostgreSQL 14).
    public var twoPhase: Bool
    /// The slot goes on on the standby that takes over (PostgreSQL 17).
    public var failover: Bool
    /// What turns the log into messages. Other than `pgoutput` the stream cannot be read here.
    public var plugin: String

    /// What is left out makes a slot that stays until it is dropped.
    public init(
        isTemporary: Bool = false, snapshot: Snapshot = .nothing, twoPhase: Bool = false, failover: Bool = false,
        plugin: String = "pgoutput"
    ) {
        self.isTemporary = isTemporary
        self.snapshot = snapshot
        self.twoPhase = twoPhase
        self.failover = failover
        self.plugin = plugin
    }
}

/// The commands of the streaming replication protocol, as text for a server of a version.
struct ReplicationCommands {
    /// 15 for 15.3; 9 before 10.
    let serverVersion: Int

    /// Slot names are lower case letters, digits and underscores; anything else would be refused, or worse, be read as
    /// something else.
    static func checkedSlot(_ name: String) throws(PostgresError) -> String {
        let isOne = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        guard isOne, (1...63).contains(name.utf8.count) else {
            throw PostgresError(
                .invalidUse, "a slot cannot have that name",
                advice: "Use up to 63 lower case letters, digits and underscores")
        }
        return "\"\(name)\""
    }

    func createSlot(_ name: String, _ options: PostgresSlotOptions) throws(PostgresError) -> String {
        try require(10, if: true, "logical replication")
        try require(14, if: options.twoPhase, "a slot for two-phase commit")
        try require(17, if: options.failover, "a slot that fails over")
        var sql = "CREATE_REPLICATION_SLOT \(try Self.checkedSlot(name))"
        if options.isTemporary { sql += " TEMPORARY" }
        sql += " LOGICAL \(PostgresIdentifier(try options.plugin.checkedCString("the plugin's name")))"
        if serverVersion >= 15 {
            var parts = ["SNAPSHOT '\(options.snapshot.rawValue)'"]
            if options.twoPhase { parts.append("TWO_PHASE true") }
            if options.failover { parts.append("FAILOVER true") }
            return sql + " (\(parts.joined(separator: ", ")))"
        }
        switch options.snapshot {
        case .nothing: sql += " NOEXPORT_SNAPSHOT"
        case .export: sql += " EXPORT_SNAPSHOT"
        case .use: sql += " USE_SNAPSHOT"
        }
        return options.twoPhase ? sql + " TWO_PHASE" : sql
    }

    func dropSlot(_ name: String, waiting: Bool) throws(PostgresError) -> String {
        "DROP_REPLICATION_SLOT \(try Self.checkedSlot(name))\(waiting ? " WAIT" : "")"
    }

    func start(
        slot: String, publications: [String], from start: PostgresLSN, _ options: PostgresReplicationOptions
    ) throws(PostgresError) -> String {
        guard !publications.isEmpty else {
            throw PostgresError(
                .invalidUse, "replication needs a publication", advice: "CREATE PUBLICATION name FOR TABLE …")
        }
        try require(10, if: true, "logical replication")
        try require(14, if: options.streaming == .on, "streaming of transactions in progress")
        try require(16, if: options.streaming == .parallel, "parallel streaming")
        try require(14, if: options.isBinary == true, "replication in binary")
        try require(14, if: options.messages, "logical messages")
        try require(15, if: options.twoPhase, "two-phase commit")
        try require(16, if: options.origin != nil, "a choice of origin")
        let version = options.streaming == .parallel ? 4 : options.twoPhase ? 3 : options.streaming == .on ? 2 : 1
        var names: [String] = []
        for name in publications { names.append(PostgresIdentifier(try name.checkedCString("a publication")).sql) }
        var parts = [
            "proto_version '\(version)'", "publication_names '\(Self.quoted(names.joined(separator: ",")))'",
        ]
        if options.isBinary ?? (serverVersion >= 14) { parts.append("binary 'true'") }
        if options.messages { parts.append("messages 'true'") }
        if options.streaming != .off { parts.append("streaming '\(options.streaming.rawValue)'") }
        if options.twoPhase { parts.append("two_phase 'on'") }
        if let origin = options.origin { parts.append("origin '\(origin.rawValue)'") }
        let slot = try Self.checkedSlot(slot)
        return "START_REPLICATION SLOT \(slot) LOGICAL \(start) (\(parts.joined(separator: ", ")))"
    }

    /// The replication protocol's strings know no escape but a doubled quote.
    private static func quoted(_ text: String) -> String { text.replacing("'", with: "''") }

    private func require(_ version: Int, if isWanted: Bool, _ what: String) throws(PostgresError) {
        guard isWanted, serverVersion < version else { return }
        throw PostgresError(
            .invalidUse, "\(what) needs PostgreSQL \(version), and the server has \(serverVersion)",
            advice: "Leave the option out, or use a newer server")
    }
}
