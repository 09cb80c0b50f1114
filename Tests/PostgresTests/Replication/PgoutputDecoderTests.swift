import PostgresTypes
import PostgresWire
import Testing

@testable import Postgres

@Suite struct PgoutputDecoderTests {
    /// The table of the rows below: a key and a text.
    private static let relation = Message("R").u32(16_385).text("shop").text("orders").byte("d").u16(2)
        .u8(1).text("id").u32(23).u32(0xFFFF_FFFF)
        .u8(0).text("note").u32(25).u32(0xFFFF_FFFF)

    /// The table as the decoder gives it.
    private func decoderWithTable() throws -> (PgoutputDecoder, PostgresReplicatedTable) {
        var decoder = PgoutputDecoder()
        guard case .table(let table) = try decoder.decode(Self.relation.bytes) else {
            throw PostgresError(.invalidUse, "no table")
        }
        return (decoder, table)
    }

    /// Messages whose content is complete, each with the chunk it may stand in.
    private static let messages: [(name: String, message: Message, isInChunk: Bool)] = [
        ("begin", Message("B").u64(10).u64(20).u32(30), false),
        ("commit", Message("C").u8(0).u64(10).u64(11).u64(20), false),
        ("origin", Message("O").u64(10).text("other"), false),
        ("relation", relation, false),
        ("type", Message("Y").u32(17_000).text("shop").text("mood"), false),
        ("insert", Message("I").u32(16_385).byte("N").u16(2).binary([0, 0, 0, 7]).null(), false),
        ("update", Message("U").u32(16_385).byte("N").u16(2).binary([0, 0, 0, 7]).unchanged(), false),
        (
            "update key",
            Message("U").u32(16_385).byte("K").u16(2).binary([0, 0, 0, 6]).null()
                .byte("N").u16(2).binary([0, 0, 0, 7]).text("t", [0x61]), false
        ),
        (
            "update full",
            Message("U").u32(16_385).byte("O").u16(2).binary([0, 0, 0, 6]).null()
                .byte("N").u16(2).binary([0, 0, 0, 7]).null(), false
        ),
        ("delete key", Message("D").u32(16_385).byte("K").u16(2).binary([0, 0, 0, 6]).null(), false),
        ("delete full", Message("D").u32(16_385).byte("O").u16(2).binary([0, 0, 0, 6]).text("t", []), false),
        ("truncate", Message("T").u32(1).u8(3).u32(16_385), false),
        ("message", Message("M").u8(1).u64(10).text("app").u32(2).u8(1).u8(2), false),
        ("stream start", Message("S").u32(30).u8(1), false),
        ("stream commit", Message("c").u32(30).u8(0).u64(10).u64(11).u64(20), false),
        ("stream abort", Message("A").u32(30).u32(31), false),
        ("begin prepare", Message("b").u64(10).u64(11).u64(20).u32(30).text("gid"), false),
        ("prepare", Message("P").u8(0).u64(10).u64(11).u64(20).u32(30).text("gid"), false),
        ("stream prepare", Message("p").u8(0).u64(10).u64(11).u64(20).u32(30).text("gid"), false),
        ("commit prepared", Message("K").u8(0).u64(10).u64(11).u64(20).u32(30).text("gid"), false),
        ("rollback prepared", Message("r").u8(0).u64(10).u64(11).u64(20).u64(21).u32(30).text("gid"), false),
        ("stream stop", Message("E"), true),
        ("insert in chunk", Message("I").u32(99).u32(16_385).byte("N").u16(2).null().null(), true),
        ("relation in chunk", Message("R").u32(99).append(relation.bytes.dropFirst()), true),
        ("message in chunk", Message("M").u32(99).u8(1).u64(10).text("app").u32(0), true),
        ("truncate in chunk", Message("T").u32(99).u32(1).u8(0).u32(16_385), true),
    ]

    private func decoder(isInChunk: Bool) throws -> PgoutputDecoder {
        var (decoder, _) = try decoderWithTable()
        if isInChunk { _ = try decoder.decode(Message("S").u32(99).u8(1).bytes) }
        return decoder
    }

    @Test("trap 18: every message cut short at every place, and one byte too long, is a protocol error")
    func truncated() throws {
        for (name, message, isInChunk) in Self.messages {
            let bytes = message.bytes
            var whole = try decoder(isInChunk: isInChunk)
            #expect(throws: Never.self, "\(name)") { _ = try whole.decode(bytes) }
            for length in 0..<bytes.count {
                var cut = try decoder(isInChunk: isInChunk)
                let error = #expect(throws: PostgresError.self, "\(name) cut to \(length)") {
                    _ = try cut.decode(Array(bytes.prefix(length)))
                }
                #expect(error?.code == .protocolViolation)
            }
            var long = try decoder(isInChunk: isInChunk)
            #expect(throws: PostgresError.self, "\(name) with a byte more") { _ = try long.decode(bytes + [0]) }
        }
    }

    @Test(
        "trap 18: lengths and counts that lie are errors, not allocations",
        arguments: [0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func lyingLengths(_ length: UInt32) throws {
        let lies: [Message] = [
            Message("I").u32(16_385).byte("N").u16(2).byte("b").u32(length).null(),
            Message("M").u8(1).u64(10).text("app").u32(length),
            Message("T").u32(length).u8(0).u32(16_385),
            Message("I").u32(16_385).byte("N").u16(UInt16(truncatingIfNeeded: length)).null().null(),
            Message("R").u32(1).text("a").text("b").byte("d").u16(UInt16(truncatingIfNeeded: length)),
        ]
        for lie in lies {
            var decoder = try decoder(isInChunk: false)
            let error = #expect(throws: PostgresError.self) { _ = try decoder.decode(lie.bytes) }
            // Refused for its count, and not when the end is reached: by then room had been made for all.
            if lie.bytes.first == UInt8(ascii: "T") { #expect(error?.message.contains("too long") == true) }
        }
    }

    @Test func outOfTurn() throws {
        let wrong: [Message] = [
            Message("E"), Message("?"), Message("I").u32(1).byte("N").u16(0), Message("T").u32(1).u8(0).u32(1),
            Message("I").u32(16_385).byte("N").u16(1).null(), Message("I").u32(16_385).byte("K").u16(2).null().null(),
            Message("D").u32(16_385).byte("N").u16(2).null().null(),
            Message("I").u32(16_385).byte("N").u16(2).byte("x").null(),
            Message("R").u32(1).text("a").text("b").byte("?").u16(0),
        ]
        for message in wrong {
            var decoder = try decoder(isInChunk: false)
            #expect(throws: PostgresError.self) { _ = try decoder.decode(message.bytes) }
        }
        var inChunk = try decoder(isInChunk: true)
        #expect(throws: PostgresError.self) { _ = try inChunk.decode(Message("S").u32(1).u8(1).bytes) }
    }

    @Test func rows() throws {
        var (decoder, table) = try decoderWithTable()
        #expect(table.description == "shop.orders")
        #expect(table.identity == .primaryKey)
        #expect(table.columns.map(\.isKey) == [true, false])
        let update = Message("U").u32(16_385).byte("K").u16(2).binary([0, 0, 0, 6]).null()
            .byte("N").u16(2).binary([0, 0, 0, 7]).text("t", Array("abc".utf8))
        guard case .change(.update(let old?, let new), nil) = try decoder.decode(update.bytes) else {
            Issue.record("not an update")
            return
        }
        #expect(old.isKeyOnly && !new.isKeyOnly)
        #expect(try old.decode("id", as: Int.self) == 6)
        #expect(try old.decode("note", as: String?.self) == nil)
        let (id, note) = try new.decode(as: (Int32, String).self)
        #expect(id == 7 && note == "abc")
        #expect(try new.decode(1, as: String.self) == "abc")
        #expect(try old.isNull("note"))
        for description in ["\(new)", String(reflecting: new), "\(old)"] { #expect(!description.contains("abc")) }
        var dumped = ""
        dump(new, to: &dumped)
        #expect(!dumped.contains("97"))

        #expect(throws: PostgresError.self) { try new.decode("other", as: Int.self) }
        #expect(throws: PostgresError.self) { try new.decode(2, as: Int.self) }
        #expect(throws: PostgresError.self) { try new.decode(-1, as: Int.self) }
        #expect(throws: PostgresError.self) { try new.decode(as: (Int32, String, Int).self) }
        let error = #expect(throws: PostgresError.self) { try old.decode("note", as: String.self) }
        #expect(error?.column == "note")
    }

    @Test func unchangedLargeValues() throws {
        var (decoder, _) = try decoderWithTable()
        let update = Message("U").u32(16_385).byte("N").u16(2).binary([0, 0, 0, 7]).unchanged()
        guard case .change(.update(nil, let new), nil) = try decoder.decode(update.bytes) else {
            Issue.record("not an update")
            return
        }
        #expect(try new.isUnchanged("note"))
        #expect(try !new.isUnchanged("id"))
        let error = #expect(throws: PostgresError.self) { try new.decode("note", as: String.self) }
        #expect(error?.code == .invalidUse)
        #expect(error?.column == "note")
    }

    @Test func chunksCarryTheTransaction() throws {
        var (decoder, _) = try decoderWithTable()
        #expect(try decoder.decode(Message("S").u32(99).u8(1).bytes) == .streamStart(transaction: 99, isFirst: true))
        let insert = Message("I").u32(100).u32(16_385).byte("N").u16(2).binary([0, 0, 0, 7]).null()
        guard case .change(.insert(let row), 100?) = try decoder.decode(insert.bytes) else {
            Issue.record("not an insert of the transaction 100")
            return
        }
        #expect(try row.decode(0, as: Int.self) == 7)
        #expect(try decoder.decode(Message("E").bytes) == .streamStop)
        // With streaming parallel, where and when it was rolled back follows.
        let abort = Message("A").u32(99).u32(100).u64(1).u64(2)
        #expect(try decoder.decode(abort.bytes) == .streamAbort(transaction: 99, subtransaction: 100))
        let commit = try decoder.decode(Message("c").u32(99).u8(0).u64(10).u64(11).u64(20).bytes)
        #expect(commit.end == PostgresLSN(rawValue: 11))
    }

    @Test func twoPhases() throws {
        var decoder = PgoutputDecoder()
        let rollback = try decoder.decode(
            Message("r").u8(0).u64(10).u64(11).u64(20).u64(21).u32(30).text("gid").bytes)
        guard case .rollbackPrepared(let prepared, let rolledBackAt) = rollback else {
            Issue.record("not a rollback")
            return
        }
        #expect(prepared.name == "gid" && prepared.transaction == 30 && rollback.end == PostgresLSN(rawValue: 11))
        #expect(rolledBackAt.microsecondsSince2000 == 21)
        let prepare = try decoder.decode(Message("P").u8(0).u64(10).u64(11).u64(20).u32(30).text("gid").bytes)
        #expect(prepare.end == PostgresLSN(rawValue: 11))
    }
}

extension PgoutputDecoder {
    fileprivate mutating func decode(_ bytes: [UInt8]) throws -> PostgresReplicationMessage {
        // Memory of the exact size, so that a sanitizer sees what reads beyond it.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try decode(UnsafeRawBufferPointer(memory))
    }
}

/// Bytes of a message of pgoutput.
struct Message: Sendable {
    private(set) var bytes: [UInt8]

    init(_ kind: Character) { bytes = [kind.asciiValue ?? 0] }

    func append(_ more: some Sequence<UInt8>) -> Message {
        var copy = self
        copy.bytes += more
        return copy
    }

    private func append<I: FixedWidthInteger>(integer: I) -> Message {
        withUnsafeBytes(of: integer.bigEndian) { append(Array($0)) }
    }

    func u8(_ value: UInt8) -> Message { append([value]) }
    func u16(_ value: UInt16) -> Message { append(integer: value) }
    func u32(_ value: UInt32) -> Message { append(integer: value) }
    func u64(_ value: UInt64) -> Message { append(integer: value) }
    func byte(_ character: Character) -> Message { u8(character.asciiValue ?? 0) }
    func text(_ text: String) -> Message { append(Array(text.utf8) + [0]) }
    func null() -> Message { byte("n") }
    func unchanged() -> Message { byte("u") }
    func text(_ kind: Character, _ content: [UInt8]) -> Message {
        byte(kind).u32(UInt32(content.count)).append(content)
    }
    func binary(_ content: [UInt8]) -> Message { text("b", content) }
}
