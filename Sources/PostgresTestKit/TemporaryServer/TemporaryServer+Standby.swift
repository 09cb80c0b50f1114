import Postgres
public import PostgresWire

extension TemporaryServer {
    /// Starts a standby of this server, which must have been started with `allowsStandbys`.
    ///
    ///     let primary = try await TemporaryServer.start(TemporaryServer.Options(allowsStandbys: true))
    ///     let standby = try await primary.standby()
    ///     …
    ///     try await standby.catchUp(with: primary)
    ///
    /// It is a server of its own, with its own directory and port: what is written to the primary is streamed to it, and
    /// it answers queries that write nothing. It has the primary's options, users, passwords and certificate. Standbys
    /// can have standbys. Where the primary ends, it goes on as a standby that hears of nothing.
    ///
    /// - Throws: `PostgresError(.invalidUse)` without `allowsStandbys`; `.connectionFailed` with the end of the log when
    ///   the copy cannot be made or does not start.
    public func standby() async throws(PostgresError) -> TemporaryServer {
        guard options.allowsStandbys else {
            throw PostgresError(
                .invalidUse, "this temporary server does not write what a standby needs",
                advice: "Start it with allowsStandbys in its options")
        }
        return try await onThread { () throws(PostgresError) in
            try TemporaryServer(self.options, in: HostFacts.temporaryDirectory, copying: self)
        }
    }

    /// Makes a standby a primary, which takes writes and follows nobody; returns when it does.
    ///
    /// - Throws: `PostgresError(.server)` when it is none, `.timeout` when it takes longer than `startTimeout`.
    public func promote() async throws(PostgresError) {
        let seconds = Int64(clamping: options.startTimeout.components.seconds)
        try await withSuperuser { (connection) throws(PostgresError) in
            let rows = try await connection.query(
                "SELECT pg_catalog.pg_promote(true, \(Int32(clamping: max(1, seconds))))", as: Bool.self)
            guard try await rows.first() == true else {
                throw PostgresError(.timeout, "the standby was not promoted after \(self.options.startTimeout)")
            }
        }
    }

    /// Waits until a standby has everything that is committed on `primary` now, and shows it to queries.
    ///
    /// - Throws: `PostgresError(.timeout)` when that takes longer than `timeout`.
    public func catchUp(
        with primary: TemporaryServer, timeout: Duration = .seconds(30)
    ) async throws(PostgresError) {
        let deadline = ContinuousClock.now + timeout
        var goal = ""
        try await primary.withSuperuser { (connection) throws(PostgresError) in
            let position: PostgresQuery = """
                SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                    ELSE pg_catalog.pg_current_wal_flush_lsn() END::text
                """
            goal = try await connection.query(position, as: String.self).first() ?? ""
        }
        try await withSuperuser { (connection) throws(PostgresError) in
            while try await connection.query(
                "SELECT pg_catalog.pg_last_wal_replay_lsn() >= \(goal)::text::pg_catalog.pg_lsn", as: Bool?.self
            ).first() != true {
                guard ContinuousClock.now < deadline else {
                    throw PostgresError(.timeout, "the standby had not caught up with its primary after \(timeout)")
                }
                try await connection.execute("SELECT pg_catalog.pg_sleep(0.005)")
            }
        }
    }

    /// Runs `body` with a connection of its own as the superuser.
    func withSuperuser(
        _ body: (PostgresConnection) async throws(PostgresError) -> Void
    ) async throws(PostgresError) {
        let connection = try await PostgresConnection.connect(configuration)
        do throws(PostgresError) {
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
