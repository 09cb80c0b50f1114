public import PostgresWire

extension PostgresPool {
    /// Listens to a channel: what NOTIFY sends to it comes as the elements of a sequence.
    ///
    ///     for await note in try await pool.listen("jobs") {
    ///         print(note.payload)
    ///     }
    ///
    /// Returns when the server listens; nothing that is sent from then on is lost before the loop begins.
    ///
    /// All listeners of a pool share one connection, which comes on top of ``PostgresPoolOptions/maximumConnections`` and
    /// is there while anybody listens. When it is lost another one is made, again and again until that succeeds, and each
    /// listener gets a gap; see ``PostgresNotifications/events``. What a listener has not read is kept, `buffer`
    /// notifications at most (of 8 KB each at most); then the oldest make room and leave a gap.
    ///
    /// - Parameter channel: the name exactly as it is; `listen("Jobs")` is `LISTEN "Jobs"`, not `LISTEN Jobs`. At most 63
    ///   bytes.
    /// - Throws: `invalidUse` for a name that no channel can have; what connecting throws, where trying again does not
    ///   help, else after ``PostgresPoolOptions/acquireTimeout``; `invalidConfiguration` through a transaction pooler,
    ///   see ``PostgresListenOptions/configuration``; `server` when LISTEN is refused, by a standby say; `poolClosed`.
    public func listen(_ channel: String, buffer: Int = 1024) async throws(PostgresError) -> PostgresNotifications {
        try await listen(to: [channel], buffer: buffer)
    }

    /// Listens to several channels as one sequence, in the order in which the server sends.
    /// See ``listen(_:buffer:)``.
    public func listen(
        to channels: [String], buffer: Int = 1024
    ) async throws(PostgresError) -> PostgresNotifications {
        try await notifications.listen(to: channels, buffer: buffer, owner: self)
    }
}

extension PostgresConnection {
    /// Listens to a channel over this connection, which must not be a pool's.
    ///
    /// The sequence ends when the connection is closed or lost; nothing replaces it. While a transaction is open on the
    /// connection, or rows of it are read slowly, nothing comes. See ``PostgresPool/listen(_:buffer:)``.
    ///
    /// - Throws: as the pool does, and `invalidUse` on a connection of a pool, or inside a transaction.
    public func listen(_ channel: String, buffer: Int = 1024) async throws(PostgresError) -> PostgresNotifications {
        try await listen(to: [channel], buffer: buffer)
    }

    /// Listens to several channels as one sequence.
    /// See ``listen(_:buffer:)``.
    public func listen(
        to channels: [String], buffer: Int = 1024
    ) async throws(PostgresError) -> PostgresNotifications {
        try checkLease()
        guard lease == nil else {
            throw PostgresError(
                .invalidUse, "a pool's connection would go on listening for whoever has it next",
                advice: "Call listen on the pool")
        }
        guard !isInOpenTransaction else {
            throw PostgresError(
                .invalidUse, "LISTEN in a transaction takes effect when that is committed, if it is",
                advice: "Listen before the transaction begins")
        }
        let hub = session.change { [session] state, _ in
            if let hub = state.notificationHub { return hub }
            let hub = NotificationHub(
                configuration: nil, loop: session.loop, options: PostgresListenOptions(),
                startTimeout: session.configuration.queryTimeout ?? .seconds(30))
            state.notificationHub = hub
            return hub
        }
        return try await hub.listen(to: channels, buffer: buffer, owner: self, on: self)
    }
}

extension PostgresDatabase {
    /// Sends a notification to whoever listens to `channel`. In a transaction it goes out with the COMMIT, and never when
    /// that does not come; equal ones of a transaction are sent once (PostgreSQL documentation, "NOTIFY").
    ///
    /// - Parameter channel: the name exactly as it is, at most 63 bytes.
    /// - Parameter payload: at most 7,999 bytes.
    /// - Throws: `invalidUse`, before anything is sent, for what the server would not take; what `execute` throws.
    public func notify(
        _ channel: String, _ payload: String = "", timeout: Duration? = nil
    ) async throws(PostgresError) {
        try ChannelName.check(channel)
        try ChannelName.check(payload: payload)
        try await execute("SELECT pg_catalog.pg_notify(\(channel), \(payload))", timeout: timeout)
    }
}
