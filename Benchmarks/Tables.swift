import Postgres

/// The tables that the workloads read and write. The rows are those of the peers.
enum Tables {
    /// Rows as `events_1m` has them, made by the server.
    static func events(_ count: Int) -> String {
        """
        SELECT i::int4 AS id, i::int8 * 7919 AS account, (i * 0.37)::float8 AS amount, md5(i::text) AS name,
            timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second' AS at, i % 2 = 0 AS active,
            md5(i::text)::uuid AS uid,
            jsonb_build_object('k', i, 'tags', array['a', 'b'], 'note', md5((i * 3)::text)) AS data
        FROM generate_series(1, \(count)) i
        """
    }

    /// Makes those that are not there; `events_1m` with `count` rows.
    static func make(_ configuration: PostgresConfiguration, events count: Int) async throws {
        try await PostgresConnection.withConnection(configuration) { connection in
            try await connection.execute(
                script: """
                    SET client_min_messages = warning;
                    CREATE TABLE IF NOT EXISTS events_1m AS \(events(count));
                    CREATE UNIQUE INDEX IF NOT EXISTS events_1m_pkey ON events_1m (id);
                    CREATE UNLOGGED TABLE IF NOT EXISTS events_in (LIKE events_1m);
                    CREATE TABLE IF NOT EXISTS kv AS
                        SELECT i::int8 AS id, md5(i::text) AS payload, jsonb_build_object('k', i) AS data
                        FROM generate_series(1, \(RandomIDs.rows)) i;
                    CREATE UNIQUE INDEX IF NOT EXISTS kv_pkey ON kv (id);
                    ANALYZE events_1m;
                    ANALYZE kv;
                    """)
        }
    }
}
