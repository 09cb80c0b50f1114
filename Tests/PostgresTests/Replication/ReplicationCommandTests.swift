import PostgresTypes
import PostgresWire
import Testing

@testable import Postgres

@Suite struct ReplicationCommandTests {
    private func start(
        _ version: Int, publications: [String] = ["shop"], _ options: PostgresReplicationOptions = .init()
    ) throws -> String {
        try ReplicationCommands(serverVersion: version).start(
            slot: "orders", publications: publications, from: PostgresLSN(rawValue: 0x16_0000_0001), options)
    }

    @Test func starting() throws {
        #expect(
            try start(15) == "START_REPLICATION SLOT \"orders\" LOGICAL 16/1 (proto_version '1', "
                + "publication_names '\"shop\"', binary 'true')")
        #expect(try !start(13).contains("binary"))
        #expect(try start(15, .init(streaming: .on)).contains("proto_version '2'"))
        #expect(try start(15, .init(twoPhase: true)).contains("proto_version '3'"))
        #expect(
            try start(16, .init(streaming: .parallel, origin: PostgresReplicationOptions.Origin.none))
                .hasSuffix("binary 'true', streaming 'parallel', origin 'none')"))
    }

    @Test("trap 66: publications with quotes and commas") func quoting() throws {
        #expect(
            try start(15, publications: ["a\"b", "c'd", "e,f"])
                .contains("publication_names '\"a\"\"b\",\"c''d\",\"e,f\"'"))
        #expect(throws: PostgresError.self) { try start(15, publications: []) }
        #expect(throws: PostgresError.self) { try start(15, publications: ["a\0b"]) }
    }

    @Test(arguments: ["", "A", "a b", "a\"b", "a-b", "ä", String(repeating: "a", count: 64)])
    func slotNamesThatAreNone(_ name: String) {
        #expect(throws: PostgresError.self) {
            try ReplicationCommands(serverVersion: 15).createSlot(name, PostgresSlotOptions())
        }
    }

    @Test func creating() throws {
        func sql(_ version: Int, _ options: PostgresSlotOptions = .init()) throws -> String {
            try ReplicationCommands(serverVersion: version).createSlot("s", options)
        }
        #expect(try sql(15) == "CREATE_REPLICATION_SLOT \"s\" LOGICAL \"pgoutput\" (SNAPSHOT 'nothing')")
        #expect(
            try sql(14, .init(isTemporary: true, snapshot: .export, twoPhase: true))
                == "CREATE_REPLICATION_SLOT \"s\" TEMPORARY LOGICAL \"pgoutput\" EXPORT_SNAPSHOT TWO_PHASE")
        #expect(try sql(17, .init(failover: true)).hasSuffix("FAILOVER true)"))
        let error = #expect(throws: PostgresError.self) { try sql(16, .init(failover: true)) }
        #expect(error?.message.contains("needs PostgreSQL 17") == true)
    }

    @Test(
        arguments: [
            ("1min", 60_000_000_000), ("500ms", 500_000_000), ("30s", 30_000_000_000), ("0", 0),
            ("1h", 3_600_000_000_000),
            ("x", nil), ("5y", nil), ("99999999999999999d", nil),
        ] as [(String, Int64?)])
    func timesOfTheServer(_ text: String, _ nanoseconds: Int64?) {
        #expect(PostgresReplicationConnection.nanoseconds(text) == nanoseconds)
    }

    @Test func positions() {
        let progress = ReplicationProgress(start: .zero)
        func lsn(_ value: UInt64) -> PostgresLSN { PostgresLSN(rawValue: value) }
        // Nothing was handed out: what the server passed is of no interest to us.
        progress.passed(lsn(10))
        #expect(progress.confirmed == lsn(10))
        // A transaction is out: nothing behind it may be confirmed before it is.
        progress.delivered(lsn(20))
        progress.passed(lsn(30))
        #expect(progress.confirmed == lsn(10))
        progress.confirm(lsn(15))
        #expect(progress.confirmed == lsn(15))
        progress.confirm(lsn(20))
        #expect(progress.confirmed == lsn(30))
        // Going back is no going back.
        progress.confirm(lsn(5))
        #expect(progress.confirmed == lsn(30))
    }
}
