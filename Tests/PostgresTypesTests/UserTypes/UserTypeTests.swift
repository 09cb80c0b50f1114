import PostgresTypes
import PostgresWire
import Testing

/// Types that have no OID of their own everywhere: of users and of extensions.
@Suite struct UserTypeTests {
    static let price = PostgresType(oid: 20_200, name: "price", kind: .domain(of: .numeric), arrayOID: 20_201)
    static let hstore = PostgresType(oid: 20_202, schema: "public", name: "hstore", kind: .base, arrayOID: 20_203)
    static let ltree = PostgresType(oid: 20_204, name: "ltree", kind: .base)
    static let floats = PostgresType(oid: 20_205, name: "floatrange", kind: .range(of: .float4))

    @Test("equal types are one, whatever is known of them; names tell those without an OID apart")
    func identity() {
        #expect(Self.price == PostgresType(rawValue: 20_200))
        #expect(Set([Self.price, PostgresType(rawValue: 20_200)]).count == 1)
        #expect(PostgresType(named: "a") == PostgresType(named: "a"))
        #expect(PostgresType(named: "a") != PostgresType(named: "b"))
        #expect(PostgresType(named: "a") != .unspecified)
        #expect(PostgresType(named: "mood").description == "mood")
        #expect(PostgresHstore.postgresType.array == PostgresHstore.postgresArrayType)
        #expect(Self.price.array?.element == Self.price)
        #expect(Self.price.base == .numeric)
    }

    @Test("types made by many threads at once are one each")
    func interning() async {
        let pointers = await withTaskGroup(of: Set<ObjectIdentifier>.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    Set((0..<300).compactMap { PostgresType(named: "many\($0)").info.map { ObjectIdentifier($0) } })
                }
            }
            return await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        #expect(pointers.count == 300)
    }

    @Test("arrays of a domain carry its OID and its base type's bytes")
    func domainArrays() throws {
        let array = try #require(Self.price.array)
        let bytes = try encoded([PostgresNumeric(1), 2], as: array)
        #expect(Array(bytes[8..<12]) == hex("00004ee8"))
        #expect(try decoded(bytes, as: array, [PostgresNumeric].self) == [1, 2])
        #expect(try decoded(bytes, as: array, PostgresArray<Int>.self) == [1, 2])
        #expect(PostgresRawValue(bytes: bytes, type: array).text == "{1,2}")
        #expect(PostgresRawValue(bytes: try encoded(PostgresNumeric(1)), type: Self.price).text == "1")
    }

    @Test("a domain over an array or a range takes what that takes")
    func domainsOfContainers() throws {
        let tags = PostgresType(oid: 20_210, name: "tags", kind: .domain(of: .textArray), arrayOID: 20_211)
        #expect(tags.element == .text)
        #expect(try decoded(encoded(["a"], as: tags), as: tags, [String].self) == ["a"])
        var buffer = PostgresBuffer()
        let query: PostgresQuery = "\(["a"]), \([1]), \(PostgresRange(1..<2))"
        let ages = PostgresType(oid: 20_212, name: "ages", kind: .domain(of: .int4range))
        try query.parameters.appendBindParameters(as: [tags, tags, ages], to: &buffer)
        #expect(ages.rangeBound == .int4)
        #expect(try decoded(encoded(PostgresRange(1..<2), as: ages), as: ages, PostgresRange<Int>.self).contains(1))
    }

    @Test("a range that users made has the bounds its type says")
    func userRanges() throws {
        let range = PostgresRange(1.5..<2)
        let bytes = try encoded(range, as: Self.floats)
        #expect(bytes.count == 1 + 2 * 8)
        #expect(try decoded(bytes, as: Self.floats, PostgresRange<Double>.self) == range)
        #expect(try decoded(encoded(range), as: TextTests.userType, PostgresRange<Double>.self) == range)
    }

    @Test("hstore in binary and in text")
    func hstores() throws {
        let value: PostgresHstore = ["a": "1", "b\"=>\\": nil, "": "", "c, d": "NULL"]
        #expect(try decoded(encoded(value), PostgresHstore.self) == value)
        #expect(try decoded(encoded(value, as: Self.hstore), as: Self.hstore, PostgresHstore.self) == value)
        #expect(try decoded(encoded(value), as: TextTests.userType, PostgresHstore.self) == value)
        #expect(value.description == #"""=>"", "a"=>"1", "b\"=>\\"=>NULL, "c, d"=>"NULL""#)
        #expect(PostgresHstore(value.description) == value)
        #expect(PostgresHstore(" a=>1 , b => null,c=>\"x y\" ") == ["a": "1", "b": nil, "c": "x y"])
        #expect(PostgresHstore("") == [:])
        #expect(try encoded(["a": nil] as PostgresHstore) == hex("00000001 00000001 61 ffffffff"))
        #expect(value["a"] == "1" && value["z"] == nil && value.pairs["b\"=>\\"] == .some(nil))
        for text in ["a", "a=", "a=>", "=>1", "a=>1,", "a=>1 b=>2", "\"a=>1", "a>1", ",", "a=>1,,b=>2"] {
            #expect(PostgresHstore(text) == nil, "\(text)")
        }
        // A key twice: the first one counts, in binary as in text.
        #expect(
            try decoded(hex("00000002 00000001 61 00000001 31 00000001 61 00000001 32"), PostgresHstore.self)
                == ["a": "1"])
        #expect(PostgresHstore("a=>1,a=>2") == ["a": "1"])
        // Two keys for the server, one for Swift's dictionary: none is lost silently.
        #expect(PostgresHstore("\u{E9}=>1,e\u{301}=>2") == nil)
        #expect(throws: PostgresError.self) {
            try decoded(hex("00000002 00000002 c3a9 00000001 31 00000003 65cc81 00000001 32"), PostgresHstore.self)
        }
        #expect(throws: PostgresError.self) { try encoded(["a\0": nil] as PostgresHstore) }
        #expect(throws: PostgresError.self) { try encoded(value, as: Self.ltree) }
        #expect(throws: PostgresError.self) { try encoded("a=>1", as: Self.hstore) }
        #expect(try decoded(encoded(value), as: Self.hstore, String.self) == value.description)
    }

    @Test(
        "trap 18: lying counts and lengths of hstore throw",
        arguments: [
            "", "000000", "7fffffff", "ffffffff", "00000001 00000001 61", "00000001 ffffffff 00000001 61",
            "00000001 7fffffff 61 ffffffff", "00000001 00000001 61 00000008 31", "00000001 00000001 61 ffffffff 00",
            "00000001 00000001 ff ffffffff", "00000001 00000001 61 fffffffe",
        ])
    func lyingHstore(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresHstore.self) }
    }

    @Test("ltree and its queries have a version before their text")
    func ltrees() throws {
        let path: PostgresLTree = "Top.Science.Astronomy"
        #expect(path.labels == ["Top", "Science", "Astronomy"])
        #expect(try encoded(path) == [1] + Array("Top.Science.Astronomy".utf8))
        #expect(try decoded(encoded(path), as: Self.ltree, PostgresLTree.self) == path)
        #expect(try decoded(encoded(path), as: Self.ltree, String.self) == path.description)
        #expect(try encoded("a.b", as: Self.ltree) == [1] + Array("a.b".utf8))
        #expect(PostgresLTree("").labels == [])
        let pattern: PostgresLQuery = "*.Astronomy{1,}"
        #expect(try decoded(encoded(pattern), PostgresLQuery.self) == pattern)
        let search: PostgresLTxtQuery = "Europe & Russia*@"
        #expect(try decoded(encoded(search), PostgresLTxtQuery.self) == search)
        for bytes in ["", "02 61", "61"] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresLTree.self) }
        }
    }

    @Test("values of an extension's type go into that type as they are, into others as text")
    func extensionParameters() throws {
        func bind(_ type: PostgresType) throws(PostgresError) -> [UInt8] {
            var buffer = PostgresBuffer()
            let query: PostgresQuery = "\(["a": nil] as PostgresHstore)"
            try query.parameters.appendBindParameters(as: [type], to: &buffer)
            return buffer.withUnsafeBytes { Array($0) }
        }
        let binary = hex("0001 0001 0001 0000000d 00000001 00000001 61 ffffffff")
        #expect(try bind(Self.hstore) == binary)
        #expect(try bind(TextTests.userType) == binary)
        #expect(try bind(.text) == hex("0001 0000 0001 00000009") + Array(#""a"=>NULL"#.utf8))
        #expect(try bind(Self.price) == hex("0001 0000 0001 00000009") + Array(#""a"=>NULL"#.utf8))
    }

    @Test("trap 29: what comes as text is text to String, an array to [String], itself to PostgresRawValue")
    func textForm() throws {
        let acl = PostgresType(rawValue: 1034).inTextForm
        let bytes = Array("{postgres=arwdDxt/postgres,=r/postgres}".utf8)
        #expect(try decoded(bytes, as: acl, String.self) == "{postgres=arwdDxt/postgres,=r/postgres}")
        #expect(try decoded(bytes, as: acl, [String].self) == ["postgres=arwdDxt/postgres", "=r/postgres"])
        let raw = try decoded(bytes, as: acl, PostgresRawValue.self)
        #expect(raw.format == .text && raw.type.rawValue == 1034 && raw.bytes == bytes)
        #expect(raw.text == "{postgres=arwdDxt/postgres,=r/postgres}")
        #expect(try raw.decode(as: [String].self).count == 2)
        var buffer = PostgresBuffer()
        let query: PostgresQuery = "\(raw)"
        try query.parameters.appendBindParameters(as: [PostgresType(rawValue: 1034)], to: &buffer)
        #expect(buffer.withUnsafeBytes { Array($0[..<6]) } == hex("0001 0000 0001"))
    }

    @Test("raw values of every kind show their text")
    func shown() throws {
        #expect(PostgresRawValue(bytes: try encoded(1.5), type: .float8).text == "1.5")
        #expect(
            PostgresRawValue(bytes: try encoded([[true], [false]]), type: .boolArray).text?.hasPrefix("{{") == true)
        #expect(PostgresRawValue(bytes: [1, 2], type: TextTests.userType).text == nil)
        #expect(PostgresRawValue(text: "x", type: TextTests.userType).text == "x")
    }
}
