import Foundation
import PostgresTypes
import PostgresWire
import Testing

/// Whatever the bytes are, a decoder gives a value or an error.
@Suite struct TruncationTests {
    /// Decoders of every kind, each tried on any bytes; true when it gave a value.
    static let decoders: [(name: String, decode: @Sendable ([UInt8]) -> Bool)] = [
        make(Bool.self), make(Int16.self), make(Int32.self), make(Int.self), make(UInt64.self), make(Double.self),
        make(Float.self), make(String.self), make([UInt8].self), make(Data.self), make(UUID.self),
        make(PostgresNumeric.self), make(Decimal.self), make(PostgresDate.self), make(PostgresTime.self),
        make(PostgresTimeTZ.self), make(PostgresTimestamp.self), make(PostgresTimestampTZ.self),
        make(PostgresInterval.self), make(Date.self), make([Int].self), make([String].self), make([String?].self),
        make([PostgresNumeric].self), make([[UInt8]].self), make(Int.self, as: .numeric), make(Int.self, as: .oid),
        make(String.self, as: .jsonb), make(String.self, as: .char), make(String.self, as: TextTests.userType),
        make([Int].self, as: TextTests.userType), make(Date.self, as: .date), make(Float.self, as: .float8),
        make(PostgresMoney.self), make(PostgresBits.self), make(PostgresInet.self), make(PostgresCIDR.self),
        make(PostgresMACAddress.self), make(PostgresMACAddress8.self), make(PostgresPoint.self),
        make(PostgresLine.self),
        make(PostgresLineSegment.self), make(PostgresBox.self), make(PostgresPath.self), make(PostgresPolygon.self),
        make(PostgresCircle.self), make(PostgresXML.self), make(PostgresJSONPath.self), make(PostgresTSVector.self),
        make(PostgresTSQuery.self), make(PostgresOID.self), make(PostgresXID.self), make(PostgresXID8.self),
        make(PostgresCID.self), make(PostgresTID.self), make(PostgresSnapshot.self), make(PostgresChar.self),
        make(PostgresVector.self, as: TextTests.userType), make(PostgresHalfVector.self, as: TextTests.userType),
        make(PostgresSparseVector.self, as: TextTests.userType), make([PostgresInet].self),
        make([PostgresTSQuery].self),
        make([PostgresBits?].self), make([PostgresPath].self),
        make([[Int]].self), make(PostgresArray<String?>.self), make(PostgresArray<[UInt8]>.self, as: .anyArray),
        make(PostgresRange<Int>.self), make(PostgresRange<String>.self, as: TextTests.userType),
        make(PostgresMultirange<PostgresDate>.self), make([PostgresRange<PostgresNumeric>].self),
        make(PostgresHstore.self), make(PostgresLTree.self), make(CompositeTests.Person.self),
        make([CompositeTests.Person].self), make(CompositeTests.Address.self, as: CompositeTests.address),
        make(String.self, as: CompositeTests.address),
        ("record", { (try? PostgresRecord(binary: $0.span.bytes, type: .record)) != nil }),
        ("text of record[]", { PostgresRawValue(bytes: $0, type: .recordArray).text != nil }),
        ("text of int8multirange", { PostgresRawValue(bytes: $0, type: .int8multirange).text != nil }),
        ("text of numeric[]", { PostgresRawValue(bytes: $0, type: .numericArray).text != nil }),
    ]

    static func make<V: PostgresDecodable & PostgresEncodable>(
        _: V.Type, as type: PostgresType? = nil
    ) -> (name: String, decode: @Sendable ([UInt8]) -> Bool) {
        let type = type ?? V.postgresType
        return ("\(V.self) from \(type)", { (try? V(binary: $0.span.bytes, type: type)) != nil })
    }

    static let person = CompositeTests.Person(
        name: "Ada", address: CompositeTests.Address(street: "x", zip: nil, kinds: [.home]))

    static func valid() throws -> [[UInt8]] {
        [
            try encoded(1 as Int16), try encoded(1 as Int32), try encoded(1), try encoded(UUID()),
            try encoded("héllo"), try encoded("{}", as: .jsonb), try encoded(#require(PostgresNumeric("-12345.678"))),
            try encoded(PostgresTimeTZ("01:02:03+04")), try encoded(PostgresInterval(months: 1, days: 2)),
            try encoded([1, 2, 3]), try encoded(["a", nil, "ccc"] as [String?]),
            try encoded([[1, 2], []] as [[UInt8]]),
            try encoded([PostgresNumeric(1), .nan]), try encoded([Int]()),
            try encoded(PostgresBits("1010101010")), try encoded(PostgresInet("2001:db8::1/64")),
            try encoded(PostgresPath("((1,2),(3,4))")), try encoded(PostgresPolygon("((1,2),(3,4),(5,0))")),
            try encoded(PostgresTSVector("'cat':3A 'fat':2,4")), try encoded(PostgresTSQuery("a & !b:*A | c <2> d")),
            try encoded(PostgresSnapshot("10:20:10,14,15")), try encoded([PostgresInet("1.2.3.4"), nil]),
            try encoded(PostgresVector([1, 2, 3]), as: TextTests.userType),
            try encoded(PostgresSparseVector([1, 0, 2]), as: TextTests.userType), try encoded("$.a", as: .jsonpath),
            try encoded([PostgresNumeric(1), .nan]), try encoded([Int]()), try encoded([[1, 2], [3, 4]]),
            try encoded(PostgresRange(1..<5)), try encoded(PostgresMultirange([PostgresRange("a"..<"b")])),
            try encoded([PostgresRange<PostgresNumeric>.empty, .unbounded]),
            try encoded(["a": "b", "c": nil] as PostgresHstore), try encoded("a.b" as PostgresLTree),
            try encoded([person]), try encoded(person.address), try encoded(person.address, as: CompositeTests.address),
            hex("00000002 00000017 00000004 00000007 000008c9 00000010 00000001 00000019 00000004 61626364"),
        ]
    }

    @Test("every beginning of a valid body gives a value or throws")
    func beginnings() throws {
        var values = 0
        for body in try Self.valid() {
            for count in 0...body.count {
                for decoder in Self.decoders where decoder.decode(Array(body.prefix(count))) { values += 1 }
            }
        }
        #expect(values > 0)
    }

    @Test("a body cut short is never read as the whole")
    func cutShort() throws {
        func check<V: PostgresDecodable & PostgresEncodable>(_ value: V) throws {
            let body = try encoded(value)
            for count in 0..<body.count {
                let cut = Array(body.prefix(count))
                #expect(throws: PostgresError.self, "\(V.self) of \(count)") { try decoded(cut, V.self) }
            }
            #expect(throws: PostgresError.self, "\(V.self) and one more") { try decoded(body + [0], V.self) }
        }
        try check(true)
        try check(7 as Int32)
        try check(1.5)
        try check(UUID())
        try check(#require(PostgresNumeric("-12345.678")))
        try check(Decimal(1.5))
        try check(PostgresDate.infinity)
        try check(PostgresTime("01:02"))
        try check(PostgresTimeTZ("01:02:03+04"))
        try check(PostgresTimestampTZ.infinity)
        try check(PostgresInterval(months: 1))
        try check([1, 2, 3])
        try check(["a", "", nil] as [String?])
        try check([PostgresNumeric(1), .nan])
        try check(PostgresMoney(minorUnits: 1))
        try check(PostgresBits("1010101010"))
        try check(PostgresInet("1.2.3.4/8"))
        try check(PostgresCIDR("2001:db8::/32"))
        try check(PostgresMACAddress("08:00:2b:01:02:03"))
        try check(PostgresMACAddress8("08:00:2b:01:02:03:04:05"))
        try check(PostgresPoint(x: 1, y: 2))
        try check(PostgresLine("{1,2,3}"))
        try check(PostgresLineSegment("[(1,2),(3,4)]"))
        try check(PostgresBox("(3,4),(1,2)"))
        try check(PostgresPath("((1,2),(3,4))"))
        try check(PostgresPolygon("((1,2),(3,4))"))
        try check(PostgresCircle("<(1,2),3>"))
        try check(PostgresTSVector("'cat':3A 'fat':2,4"))
        try check(PostgresTSQuery("a & !b:*A | c <2> d"))
        try check(PostgresOID(rawValue: 1))
        try check(PostgresXID8(rawValue: 1))
        try check(PostgresTID(block: 1, offset: 2))
        try check(PostgresSnapshot("10:20:10,14,15"))
        try check(PostgresChar(rawValue: 1))
        try check([PostgresInet("1.2.3.4"), nil])
        try check([PostgresTSVector("'cat':3A")])
        try check([[1, 2], [3, 4]])
        try check(PostgresArray([1, 2], lowerBound: -3))
        try check(PostgresRange(1..<5))
        try check(PostgresRange<PostgresDate>.empty)
        try check(PostgresMultirange([PostgresRange(1..<5), PostgresRange(7...)]))
        try check(["a": "b", "c": nil] as PostgresHstore)
        try check(Self.person)
        try check([Self.person])
    }

    @Test("changed and random bodies give a value or throw")
    func changed() throws {
        var generator = SeededGenerator(state: 18)
        let bodies = try Self.valid()
        var values = 0
        for _ in 0..<4000 {
            var body = bodies.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &generator) where !body.isEmpty {
                let index = Int.random(in: 0..<body.count, using: &generator)
                body[index] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            for decoder in Self.decoders where decoder.decode(body) { values += 1 }
            let noise = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            for decoder in Self.decoders where decoder.decode(noise) { values += 1 }
        }
        #expect(values > 0)
    }
}
