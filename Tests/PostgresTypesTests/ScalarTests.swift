import Foundation
import PostgresTypes
import PostgresWire
import Testing

private enum Status: String, PostgresCodable, PostgresArrayElement { case draft, sent }
private enum Level: Int16, PostgresCodable { case low = 1, high = 2 }

@Suite struct ScalarTests {
    @Test func bool() throws {
        #expect(try encoded(true) == [1])
        #expect(try encoded(false) == [0])
        #expect(try decoded([1], Bool.self))
        #expect(try !decoded([0], Bool.self))
        #expect(throws: PostgresError.self) { try decoded([2], Bool.self) }
        #expect(throws: PostgresError.self) { try decoded([], Bool.self) }
        #expect(throws: PostgresError.self) { try decoded([0, 1], Bool.self) }
        #expect(throws: PostgresError.self) { try decoded([1], as: .char, Bool.self) }
        #expect(throws: PostgresError.self) { try encoded(true, as: .int4) }
    }

    @Test func bytes() throws {
        let bytes: [UInt8] = [0, 1, 0xFF, 0x5C]
        #expect([UInt8].postgresType == .bytea)
        #expect(try encoded(bytes) == bytes)
        #expect(try decoded(bytes, [UInt8].self) == bytes)
        #expect(try encoded(Data(bytes)) == bytes)
        #expect(try decoded(bytes, Data.self) == Data(bytes))
        #expect(try encoded(Data(bytes).dropFirst()) == Array(bytes.dropFirst()))
        #expect(try decoded([], [UInt8].self).isEmpty)
        #expect(throws: PostgresError.self) { try encoded(bytes, as: .text) }
        #expect(throws: PostgresError.self) { try decoded(bytes, as: .text, [UInt8].self) }
        #expect(throws: PostgresError.self) { try encoded(Data(bytes), as: .text) }
    }

    @Test func uuid() throws {
        let uuid = try #require(UUID(uuidString: "00112233-4455-6677-8899-AABBCCDDEEFF"))
        let bytes = hex("00112233 44556677 8899aabb ccddeeff")
        #expect(try encoded(uuid) == bytes)
        #expect(try decoded(bytes, UUID.self) == uuid)
        for count in 0..<16 {
            #expect(throws: PostgresError.self) { try decoded(Array(bytes.prefix(count)), UUID.self) }
        }
        #expect(throws: PostgresError.self) { try decoded(bytes + [0], UUID.self) }
        #expect(throws: PostgresError.self) { try encoded(uuid, as: .text) }
    }

    @Test("an enum travels as its raw value")
    func enumeration() throws {
        #expect(Status.postgresType == .text)
        #expect(try encoded(Status.sent) == Array("sent".utf8))
        #expect(try encoded(Status.sent, as: TextTests.userType) == Array("sent".utf8))
        #expect(try decoded(Array("draft".utf8), as: TextTests.userType, Status.self) == .draft)
        #expect(throws: PostgresError.self) { try decoded(Array("lost".utf8), Status.self) }
        #expect(try encoded(Level.high) == hex("0002"))
        #expect(try decoded(hex("00000001"), as: .int4, Level.self) == .low)
        #expect(throws: PostgresError.self) { try decoded(hex("0003"), Level.self) }
        #expect(try decoded(encoded([Status.draft, .sent]), as: .textArray, [Status].self) == [.draft, .sent])
    }

    @Test("NULL is nil, and an error where nothing can be nil")
    func null() throws {
        #expect(try Int?(postgresNull: .int4) == nil)
        let error = #expect(throws: PostgresError.self) { try Int(postgresNull: .int4) }
        #expect(error?.code == .decodingFailed)
        #expect(error?.advice == "Read it as Int? instead")
        #expect((nil as Int?).isPostgresNull)
        #expect(!(1 as Int?).isPostgresNull)
        #expect(((.some(nil)) as Int??).isPostgresNull)
        var buffer = PostgresBuffer()
        try buffer.appendCell(nil as Int?, as: .int8)
        try buffer.appendCell(1 as Int16?, as: .int2)
        #expect(buffer.withUnsafeBytes { Array($0) } == hex("ffffffff 00000002 0001"))
    }

    @Test("a cell that cannot be encoded leaves the buffer as it was")
    func failedCell() throws {
        var buffer = PostgresBuffer()
        try buffer.appendCell(true, as: .bool)
        #expect(throws: PostgresError.self) { try buffer.appendCell("\0", as: .text) }
        #expect(buffer.withUnsafeBytes { Array($0) } == hex("00000001 01"))
    }

    @Test("a raw value keeps bytes and type and is not sent as another type")
    func rawValue() throws {
        let value = try decoded(hex("0a0b"), as: .point, PostgresRawValue.self)
        #expect(value == PostgresRawValue(bytes: [10, 11], type: .point))
        #expect(value.parameterType == .point)
        #expect(try encoded(value) == [10, 11])
        #expect(throws: PostgresError.self) { try encoded(value, as: .box) }
    }

    @Test("errors name types and never values")
    func errorText() throws {
        let error = #expect(throws: PostgresError.self) { try encoded("secret\0", as: .text) }
        #expect(try #require(error).description.contains("secret") == false)
        let narrow = #expect(throws: PostgresError.self) { try encoded(987_654, as: .int2) }
        #expect(narrow?.code == .encodingFailed)
        #expect(narrow?.message == "a value of Swift's Int is out of the range of smallint")
    }
}
