import Foundation
import Postgres

/// The examples of the article Following changes.
enum ReplicationExamples {
    actor Index {
        private(set) var remarks: [Int: String?] = [:]
        func put(_ id: Int, _ remark: String?) { remarks[id] = .some(remark) }
        func remove(_ id: Int) { remarks[id] = nil }
        func clear() { remarks = [:] }
    }

    /// What the server needs
    static func publication(in pool: PostgresPool) async throws {
        try await pool.execute("CREATE PUBLICATION shop FOR TABLE orders")
    }

    /// A slot
    static func slot(_ configuration: PostgresConfiguration) async throws {
        let connection = try await PostgresReplicationConnection.connect(configuration)
        let slot = try await connection.createSlot("orders_index")
        print("everything committed after \(slot.consistentPoint) will come")
        await connection.close()
    }

    /// Following
    static func following(_ configuration: PostgresConfiguration, into index: Index) async throws {
        try await PostgresReplicationConnection.follow(configuration, slot: "orders_index", publications: ["shop"]) {
            tx in
            for try await change in tx.changes {
                switch change {
                case .insert(let row), .update(_, let row):
                    await index.put(try row.decode("id", as: Int.self), try row.decode("remark", as: String?.self))
                case .delete(let key):
                    await index.remove(try key.decode("id", as: Int.self))
                case .truncate, .message:
                    await index.clear()
                }
            }
        }
    }

    /// One stream
    static func stream(on connection: PostgresReplicationConnection, until last: PostgresLSN) async throws {
        let stream = try await connection.startReplication(slot: "orders_index", publications: ["shop"])
        for try await transaction in stream {
            for try await change in transaction.changes {
                print(change.table?.name ?? "", transaction.committedAt)
            }
            transaction.acknowledge()
            if transaction.position >= last { break }
        }
        await stream.stop()
    }

    /// What is there already
    static func snapshot(
        on connection: PostgresReplicationConnection, pool: PostgresPool, into index: Index
    ) async throws {
        let slot = try await connection.createSlot("orders_copy", options: .init(snapshot: .export))
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { tx in
            try await tx.execute("SET TRANSACTION SNAPSHOT '\(raw: slot.snapshotName ?? "")'")
            for try await (id, remark) in try await tx.query("SELECT id, remark FROM orders", as: (Int, String?).self) {
                await index.put(id, remark)
            }
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
