import PostgresTransport
import PostgresTypes
import PostgresWire

/// Asks one server of a cluster, again and again, what it is and how far it has come, over a connection of its own.
struct ClusterWatch {
    private let core: ClusterCore
    private let server: Int
    private let configuration: PostgresConfiguration

    init(_ core: ClusterCore, _ server: Int) {
        self.core = core
        self.server = server
        var configuration = core.configuration(of: server)
        configuration.connectTimeout = min(configuration.connectTimeout, core.options.checkTimeout)
        self.configuration = configuration
    }

    /// Until the task is cancelled.
    func run() async {
        var connection: PostgresConnection?
        while !Task.isCancelled {
            let doubts = core.doubts
            do throws(PostgresError) {
                let open = if let connection { connection } else { try await PostgresConnection.connect(configuration) }
                connection = open
                core.note(try await report(of: open), of: server)
            } catch {
                if Task.isCancelled { break }
                core.note(error, of: server)
                await connection?.close()
                connection = nil
            }
            await core.pause(of: server, since: doubts)
        }
        await connection?.close()
    }

    /// A server whose transactions are read-only takes no writes, whatever its role. The first eight digits of a log file's
    /// name are its timeline; a standby does not tell, and need not.
    private static let question: PostgresQuery = """
        SELECT NOT r AND pg_catalog.current_setting('default_transaction_read_only') = 'off',
            CASE WHEN r THEN '00000000' ELSE left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END,
            CASE WHEN r THEN coalesce(pg_catalog.pg_last_wal_replay_lsn(), '0/0')
                ELSE pg_catalog.pg_current_wal_lsn() END
        FROM pg_catalog.pg_is_in_recovery() r
        """

    private func report(of connection: PostgresConnection) async throws(PostgresError) -> ClusterStandings.Report {
        let askedAt = monotonicNanoseconds()
        let rows = try await connection.query(
            Self.question, as: (Bool, String, PostgresLSN).self, timeout: core.options.checkTimeout)
        guard let (takesWrites, timeline, position) = try await rows.first() else {
            throw PostgresError(.protocolViolation, "the server did not say what it is")
        }
        return ClusterStandings.Report(
            takesWrites: takesWrites, timeline: UInt32(timeline, radix: 16) ?? 0, position: position, askedAt: askedAt,
            answeredAt: monotonicNanoseconds())
    }
}
