import PostgresTypes
import PostgresWire
import Testing

@Suite struct CompositeTests {
    enum Kind: String, PostgresCodable, PostgresArrayElement { case home, work }

    struct Address: PostgresComposite, Hashable {
        var street: String
        var zip: Int?
        var kinds: [Kind]

        static let postgresFields = PostgresFields(
            "address", Address.init, PostgresField("street", \Address.street), PostgresField("zip", \Address.zip),
            PostgresField("kinds", \Address.kinds))
    }

    struct Person: PostgresComposite, Hashable {
        var name: String
        var address: Address?

        static let postgresFields = PostgresFields(
            "person", Person.init, PostgresField("name", \Person.name), PostgresField("address", \Person.address))
    }

    static let kind = PostgresType(
        oid: 20_100, name: "kind", kind: .enumeration(labels: ["home", "work"]), arrayOID: 20_101)
    static let zip = PostgresType(oid: 20_102, name: "zip", kind: .domain(of: .int4))
    static let address = PostgresType(
        oid: 20_103, name: "address",
        kind: .composite([
            .init(name: "street", type: .text), .init(name: "zip", type: zip),
            .init(name: "kinds", type: kind.array ?? .unspecified),
        ]), arrayOID: 20_104)

    let value = Address(street: "12 \"Main\" (rear), \\", zip: 8000, kinds: [.home, .work])

    @Test("a composite goes into its type attribute by attribute, domains and enums within it")
    func binary() throws {
        let bytes = try encoded(value, as: Self.address)
        #expect(Array(bytes[..<8]) == hex("00000003 00000019"))
        #expect(try decoded(bytes, as: Self.address, Address.self) == value)
        // The domain's own OID with its base type's bytes.
        let zip = hex("00004e86 00000004 00001f40")
        #expect(bytes.indices.contains { bytes[$0...].starts(with: zip) })
        #expect(try decoded(encoded(value), Address.self) == value)
        let people = [Person(name: "Ada", address: value), Person(name: "", address: nil)]
        #expect(try decoded(encoded(people), [Person].self) == people)
        #expect(
            PostgresRawValue(bytes: bytes, type: Self.address).text == #"("12 ""Main"" (rear), \\",8000,"{home,work}")"#
        )
        #expect(try decoded(bytes, as: Self.address, String.self).hasPrefix("(\"12"))
    }

    @Test("as a parameter it is sent as text, which needs no OIDs")
    func parameter() throws {
        var buffer = PostgresBuffer()
        let person = Person(name: "NULL", address: value)
        let query: PostgresQuery = "\(person), \([person])"
        try query.parameters.appendBindParameters(
            as: [PostgresType(rawValue: 20_105), PostgresType(rawValue: 20_106)], to: &buffer)
        let bytes = buffer.withUnsafeBytes { Array($0) }
        #expect(Array(bytes[..<8]) == hex("0002 0000 0000 0002"))
        let length = Int(bytes[8]) << 24 | Int(bytes[9]) << 16 | Int(bytes[10]) << 8 | Int(bytes[11])
        let text = String(decoding: bytes[12..<(12 + length)], as: UTF8.self)
        #expect(try Person(text: text, type: PostgresType(rawValue: 20_105)) == person)
        let array = String(decoding: bytes[(16 + length)...], as: UTF8.self)
        #expect(try [Person](text: array, type: PostgresType(rawValue: 20_106)) == [person])
    }

    @Test("a type with another number of attributes is an error that says so")
    func count() throws {
        let error = #expect(throws: PostgresError.self) {
            try encoded(Person(name: "", address: nil), as: Self.address)
        }
        #expect(error?.message.contains("3 attributes") == true)
        let bytes = try encoded(value, as: Self.address)
        let other = #expect(throws: PostgresError.self) { try decoded(bytes, as: Self.address, Person.self) }
        #expect(other?.message.contains("3 fields") == true)
        #expect(throws: PostgresError.self) { try Person(text: "(a)", type: .record) }
        #expect(throws: PostgresError.self) { try encoded(value, as: TextTests.userType) }
    }

    @Test("an error names the field")
    func fieldNames() throws {
        let record = hex("00000003 00000019 00000001 61 00000019 00000001 61 00000409 ffffffff")
        let error = #expect(throws: PostgresError.self) { try decoded(record, as: .record, Address.self) }
        #expect(error?.message.hasPrefix("field zip: ") == true)
    }

    @Test("a row without a type is read by what its fields say they are")
    func records() throws {
        let bytes = hex("00000003 00000017 00000004 00000007 00000019 00000001 61 00000019 ffffffff")
        let record = try decoded(bytes, as: .record, PostgresRecord.self)
        let (number, text, missing) = try record.decode(as: (Int, String, String?).self)
        #expect(number == 7 && text == "a" && missing == nil)
        #expect(throws: PostgresError.self) { try record.decode(as: (Int, String).self) }
        #expect(throws: PostgresError.self) { try record.decode(3, as: Int.self) }
        #expect(PostgresRawValue(bytes: bytes, type: .record).text == "(7,a,)")
        let parsed = try PostgresRecord(text: "(7,a,)", type: .record)
        let again = try parsed.decode(as: (Int, String, String?).self)
        #expect(again == (7, "a", nil))
    }

    @Test(
        "trap 18: lying counts and lengths throw",
        arguments: [
            "", "00000003", "7fffffff", "ffffffff", "00000002 00000019 7fffffff 61", "00000002 00000019 00000001 61",
            "00000002 00000019 fffffffe 00000019 ffffffff", "00000002 00000019 00000001 61 000008c9 ffffffff 00",
        ])
    func lying(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: .record, Person.self) }
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: .record, PostgresRecord.self) }
        #expect(PostgresRawValue(bytes: hex(bytes), type: .record).text == nil)
    }

    @Test("trap 18: records nested without end are refused before the stack is")
    func deep() {
        var bytes: [UInt8] = hex("00000001 00000019 ffffffff")
        for _ in 0..<20_000 {
            let length = UInt32(bytes.count)
            bytes = hex("00000001 000008c9") + withUnsafeBytes(of: length.bigEndian) { Array($0) } + bytes
        }
        #expect(PostgresRawValue(bytes: bytes, type: .record).text == nil)
    }

    @Test("fuzz: quotes, which every level doubles, do not fill the memory", arguments: [6, 12, 27])
    func doubledQuotes(levels: Int) {
        var bytes: [UInt8] = hex("00000001 00000019 00000001 22")
        for _ in 1..<levels {
            let length = UInt32(bytes.count)
            bytes = hex("00000001 000008c9") + withUnsafeBytes(of: length.bigEndian) { Array($0) } + bytes
        }
        let text = PostgresRawValue(bytes: bytes, type: .record).text
        #expect(levels < 20 ? text?.hasPrefix("(") == true : text == nil)
    }

    @Test("malformed text is refused", arguments: ["", "(", "(a", "a,b)", "(a,b) c", "(\"a,b)", "(a,b"])
    func malformedText(text: String) {
        #expect(throws: PostgresError.self) { try PostgresRecord(text: text, type: .record) }
    }
}
