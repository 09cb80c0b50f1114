import Postgres
import PostgresORM
import PostgresTestKit
import Testing

/// A reading of a sensor, in a table that is spread over servers.
private struct Reading: Model, Hashable {
    var id = 0
    var sensor = ""
    var value = 0.0

    static let schema = Schema(
        "readings", Reading.init,
        Column("id", \.id, .primaryKey),
        Column("sensor", \.sensor),
        Column("value", \.value), options: [.distributed(by: \.id)])
}

/// A partitioned table whose partitions are on two more servers, by `postgres_fdw`: the driver, models and COPY go through
/// the coordinator as through any server, or straight to the servers that have the rows.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestServer.givenURL == nil), .needsExtension("postgres_fdw"))
struct ShardTests {
    private static let half = 10_000

    /// A coordinator and the two servers that hold the rows up to `half` and those beyond.
    private func withShards(
        _ body: (_ coordinator: PostgresPool, _ shards: [PostgresPool]) async throws -> Void
    ) async throws {
        try await TemporaryServer.with { coordinator in
            try await TemporaryServer.with { first in
                try await TemporaryServer.with { second in
                    let shards = try [first, second].map { try PostgresPool($0.configuration) }
                    for shard in shards { try await Reading.createTable(in: shard) }
                    let pool = try PostgresPool(coordinator.configuration)
                    try await pool.execute(script: script(for: [first, second]))
                    try await body(pool, shards)
                    for pool in [pool] + shards { await pool.close() }
                }
            }
        }
    }

    private func script(for shards: [TemporaryServer]) -> String {
        let bounds = ["FROM (MINVALUE) TO (\(Self.half + 1))", "FROM (\(Self.half + 1)) TO (MAXVALUE)"]
        let parts = zip(shards, bounds).enumerated().map { number, part in
            """
            CREATE SERVER shard\(number) FOREIGN DATA WRAPPER postgres_fdw
                OPTIONS (host '127.0.0.1', port '\(part.0.port)', dbname 'postgres', batch_size '500');
            CREATE USER MAPPING FOR CURRENT_USER SERVER shard\(number) OPTIONS (user 'postgres');
            CREATE FOREIGN TABLE readings\(number) PARTITION OF readings FOR VALUES \(part.1)
                SERVER shard\(number) OPTIONS (table_name 'readings');
            """
        }
        return """
            CREATE EXTENSION postgres_fdw;
            CREATE TABLE readings (id bigint NOT NULL, sensor text NOT NULL, value double precision NOT NULL)
                PARTITION BY RANGE (id);
            \(parts.joined(separator: "\n"))
            """
    }

    private func readings(_ ids: ClosedRange<Int>) -> [Reading] {
        ids.map { Reading(id: $0, sensor: "sensor \($0 % 97)", value: Double($0) * 0.37) }
    }

    /// How many rows there are, and a digest of them all that does not depend on their order or place.
    private func digest(_ pool: PostgresPool) async throws -> (count: Int, digest: Int) {
        let rows = try await pool.query(
            "SELECT count(*), coalesce(sum(hashtext(r::text)), 0)::int8 FROM readings r",
            as: (Int, Int).self)
        let (count, digest) = try #require(try await rows.first())
        return (count, digest)
    }

    private func expectAgreement(
        _ coordinator: PostgresPool, _ shards: [PostgresPool], count: Int
    ) async throws {
        let whole = try await digest(coordinator)
        let first = try await digest(shards[0])
        let second = try await digest(shards[1])
        #expect(whole.count == count && first.count + second.count == count)
        #expect(first.count > 0 && second.count > 0)
        #expect(whole.digest == first.digest + second.digest)
    }

    @Test("COPY through the coordinator, and models, as on one server; both ends agree")
    func throughTheCoordinator() async throws {
        try await withShards { coordinator, shards in
            let count = 2 * Self.half
            #expect(try await Reading.insert(readings(1...count), in: coordinator) == count)
            try await expectAgreement(coordinator, shards, count: count)

            let id = Self.half + 5
            #expect(try await Reading.find(id, in: coordinator)?.sensor == "sensor \(id % 97)")
            var changed = try #require(try await Reading.find(3, in: coordinator))
            changed.value = 1.5
            try await changed.update(in: coordinator)
            try await Reading(id: count + 1, sensor: "new", value: 2).insert(in: coordinator)
            #expect(try await Reading.find(3, in: shards[0])?.value == 1.5)
            #expect(try await Reading.find(count + 1, in: shards[1])?.sensor == "new")
            #expect(try await Reading.where { $0.sensor == "sensor 7" }.count(in: coordinator) == 207)

            // A transaction over both servers is kept, or given up, as one.
            await #expect(throws: PostgresError.self) {
                try await coordinator.withTransaction { tx in
                    try await tx.execute("DELETE FROM readings WHERE id IN (1, \(count))")
                    try await tx.execute("SELECT 1 / 0")
                }
            }
            try await expectAgreement(coordinator, shards, count: count + 1)
        }
    }

    @Test("COPY straight to the servers that have the rows, both at once; both ends agree")
    func straightToTheShards() async throws {
        try await withShards { coordinator, shards in
            let count = 2 * Self.half
            let parts = [readings(1...Self.half), readings(Self.half + 1...count)]
            try await withThrowingTaskGroup { group in
                for (shard, part) in zip(shards, parts) { group.addTask { try await Reading.insert(part, in: shard) } }
                for try await copied in group { #expect(copied == Self.half) }
            }
            try await expectAgreement(coordinator, shards, count: count)
        }
    }
}
