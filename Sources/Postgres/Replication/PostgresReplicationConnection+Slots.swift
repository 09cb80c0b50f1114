public import PostgresTypes
public import PostgresWire

/// The server as it answers `IDENTIFY_SYSTEM`.
public struct PostgresSystemIdentity: Sendable, Hashable {
    /// The same for a server and its standbys, and for no other.
    public var systemID: String
    /// Raised each time a standby takes over.
    public var timeline: Int
    /// How far the log has been written out.
    public var position: PostgresLSN
    /// The database of the connection.
    public var database: String?
}

/// A slot that was made.
public struct PostgresReplicationSlot: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Every transaction that is committed after this place is sent.
    public var consistentPoint: PostgresLSN
    /// For `SET TRANSACTION SNAPSHOT`, where the snapshot was exported.
    public var snapshotName: String?
}

extension PostgresReplicationConnection {
    /// Which server this is, and how far its log has come.
    ///
    /// - Throws: as `query` does.
    public func identifySystem() async throws(PostgresError) -> PostgresSystemIdentity {
        guard let row = try await query("IDENTIFY_SYSTEM").first, row.count >= 4, let systemID = row[0],
            let timeline = row[1].flatMap({ Int($0) }), let position = row[2].flatMap({ PostgresLSN($0) })
        else { throw Self.misunderstood("IDENTIFY_SYSTEM") }
        return PostgresSystemIdentity(
            systemID: systemID, timeline: timeline, position: position, database: row[3])
    }

    /// Makes a slot: from now on the server keeps its log until the slot's reader has confirmed it.
    ///
    /// It waits for the transactions that are open to end. A slot that nobody reads any more fills the server's disk: drop
    /// it.
    ///
    /// - Throws: `server` with 42710 when there is one of that name, 53400 when there are too many, 55000 without
    ///   `wal_level = logical`; `invalidUse` for a name that cannot be one, or what the server is too old for.
    @discardableResult
    public func createSlot(
        _ name: String, options: PostgresSlotOptions = PostgresSlotOptions(), timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresReplicationSlot {
        let sql = try ReplicationCommands(serverVersion: serverVersion).createSlot(name, options)
        guard let row = try await query(sql, timeout: timeout).first, row.count >= 3, let name = row[0],
            let point = row[1].flatMap({ PostgresLSN($0) })
        else { throw Self.misunderstood("CREATE_REPLICATION_SLOT") }
        return PostgresReplicationSlot(name: name, consistentPoint: point, snapshotName: row[2])
    }

    /// Drops a slot. With `waiting` it waits until nobody reads it any more, else that is an error.
    ///
    /// - Throws: `server` with 42704 when there is none, 55006 when it is in use; `timeout`.
    public func dropSlot(
        _ name: String, waiting: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) {
        let sql = try ReplicationCommands(serverVersion: serverVersion).dropSlot(name, waiting: waiting)
        try await query(sql, timeout: timeout)
    }

    private static func misunderstood(_ command: String) -> PostgresError {
        PostgresError(.protocolViolation, "the server's answer to \(command) is not understood")
    }
}
