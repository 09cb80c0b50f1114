import Foundation
import PostgresTypes
import PostgresWire
import Testing

/// Arrays of several dimensions, with other lower bounds than 1, and their text form.
@Suite struct ArrayShapeTests {
    /// `[2:3][-1:1]={{1,2,3},{4,NULL,6}}` of integers, as PostgreSQL 15 sends it.
    static let shifted = """
        00000002 00000001 00000017 00000002 00000002 00000003 ffffffff 00000004 00000001 00000004 00000002 00000004
        00000003 00000004 00000004 ffffffff 00000004 00000006
        """

    @Test("trap 29: dimensions, lower bounds and NULLs come and go as they are")
    func shape() throws {
        let array = try decoded(hex(Self.shifted), as: .int4Array, PostgresArray<Int32?>.self)
        #expect(array.dimensions == [2, 3])
        #expect(array.lowerBounds == [2, -1])
        #expect(array.elements == [1, 2, 3, 4, nil, 6])
        #expect(array[2, -1] == .some(1))
        #expect(array[3, 1] == .some(6))
        #expect(array[3, 0] == .some(nil))
        for outside in [array[1, -1], array[4, -1], array[2, 2], array[2], array[2, -1, 1], array[Int.min, Int.max]] {
            #expect(outside == nil)
        }
        #expect(try encoded(array) == hex(Self.shifted))
        #expect(array.description == "[2:3][-1:1]={{1,2,3},{4,NULL,6}}")
        #expect(PostgresArray(array.description) == array)
        #expect(try encoded(array, as: .int8Array).count == hex(Self.shifted).count + 5 * 4)
    }

    @Test("arrays of arrays are two dimensions")
    func nested() throws {
        #expect(try decoded(encoded([[1, 2], [3, 4], [5, 6]]), [[Int]].self) == [[1, 2], [3, 4], [5, 6]])
        #expect(try decoded(encoded([[1, nil]] as [[Int?]]), [[Int?]].self) == [[1, nil]])
        let cube = [[["a", "b"]], [["c", "d"]], [["e", ""]]]
        let bytes = try encoded(cube)
        #expect(Array(bytes[..<12]) == hex("00000003 00000000 00000019"))
        #expect(try decoded(bytes, [[[String]]].self) == cube)
        #expect(try decoded(encoded([[Int]]()), [[Int]].self) == [])
        #expect(try decoded(encoded([[], []] as [[Int]]), [[Int]].self) == [])
        #expect(try decoded(hex(Self.shifted), as: .int4Array, [[Int?]].self) == [[1, 2, 3], [4, nil, 6]])
    }

    @Test("bytes within bytes: bytea[] of one and of two dimensions")
    func bytes() throws {
        let flat: [[UInt8]] = [[1, 2, 3], [], [4]]
        #expect([[UInt8]].postgresType == .byteaArray)
        #expect(try decoded(encoded(flat), [[UInt8]].self) == flat)
        let square: [[[UInt8]]] = [[[1], []], [[2, 3], [4]]]
        let encoding = try encoded(square)
        #expect(Array(encoding[..<12]) == hex("00000002 00000000 00000011"))
        #expect(try decoded(encoding, [[[UInt8]]].self) == square)
        #expect(throws: PostgresError.self) { try decoded(encoding, [[UInt8]].self) }
    }

    @Test("ragged arrays cannot be sent")
    func ragged() {
        for value in [[[1], [1, 2]], [[], [1]], [[1], []]] {
            #expect(throws: PostgresError.self) { try encoded(value) }
        }
        #expect(throws: PostgresError.self) { try encoded([[[1]], [[1], [2]]]) }
    }

    @Test("another number of dimensions is an error that says so")
    func dimensions() throws {
        let flat = try encoded([1, 2])
        let cube = try encoded([[[1]]])
        #expect(throws: PostgresError.self) { try decoded(flat, [[Int]].self) }
        #expect(throws: PostgresError.self) { try decoded(cube, [[Int]].self) }
        let error = #expect(throws: PostgresError.self) { try decoded(cube, [Int].self) }
        #expect(error?.message.contains("3 dimensions") == true)
        #expect(error?.advice?.contains("PostgresArray") == true)
        #expect(try decoded(flat, PostgresArray<Int>.self) == [1, 2])
    }

    @Test("a shape that the elements do not make is refused")
    func wrongShape() {
        #expect(throws: PostgresError.self) { try PostgresArray(dimensions: [2, 2], elements: [1, 2, 3]) }
        #expect(throws: PostgresError.self) { try PostgresArray(dimensions: [.max, .max], elements: [1]) }
        #expect(throws: PostgresError.self) { try PostgresArray(dimensions: [-1], elements: [1]) }
        #expect(throws: PostgresError.self) { try PostgresArray(dimensions: [1], lowerBounds: [], elements: [1]) }
        #expect(throws: PostgresError.self) { try PostgresArray(dimensions: [1], lowerBounds: [.max], elements: [1]) }
        #expect(throws: PostgresError.self) {
            try PostgresArray(dimensions: [1, 1, 1, 1, 1, 1, 1], elements: [1])
        }
    }

    @Test(
        "trap 18: lying dimensions throw and allocate nothing",
        arguments: [
            "00000002 00000000 00000017 7fffffff 00000001 7fffffff 00000001",
            "00000003 00000000 00000017 7fffffff 00000001 7fffffff 00000001 7fffffff 00000001",
            "00000006 00000000 00000017 00010000 00000001 00010000 00000001 00010000 00000001 00010000 00000001",
            "00000002 00000000 00000017 00000001 00000001 00000002 00000001 00000004 00000001",
            "00000002 00000000 00000017 ffffffff 00000001 ffffffff 00000001 00000004 00000001",
            "00000002 00000000 00000017 00000001 00000001",
            "00000007 00000000 00000017 00000001 00000001", "ffffffff 00000000 00000017",
            "00000007 00000000 00000017 00000001 00000001 00000001 00000001 00000001 00000001 00000001 00000001 "
                + "00000001 00000001 00000001 00000001 00000001 00000001 00000004 00000001",
        ])
    func lyingDimensions(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: .int4Array, [[Int32]].self) }
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: .int4Array, PostgresArray<Int32>.self) }
        #expect(PostgresRawValue(bytes: hex(bytes), type: .int4Array).text == nil)
    }

    @Test("fuzz: a dimension whose last index no integer holds is refused, in binary as in text")
    func lastIndexOutOfRange() throws {
        let elements = "00000004 00000001 00000004 00000002"
        let beyond = hex("00000001 00000000 00000017 00000002 7fffffff" + elements)
        #expect(throws: PostgresError.self) { try decoded(beyond, as: .int4Array, PostgresArray<Int32>.self) }
        #expect(PostgresArray<Int32>("[2147483647:2147483648]={1,2}") == nil)
        let last = hex("00000001 00000000 00000017 00000002 7ffffffe" + elements)
        let array = try decoded(last, as: .int4Array, PostgresArray<Int32>.self)
        #expect(PostgresArray<Int32>(array.description) == array)
    }

    @Test("trap 18: a dimension of length 0 beside a huge one is an empty array")
    func zeroDimension() throws {
        let bytes = hex("00000002 00000000 00000017 00000000 00000001 7fffffff 00000001")
        #expect(try decoded(bytes, as: .int4Array, [[Int32]].self) == [])
        #expect(throws: PostgresError.self) {
            try decoded(
                hex("00000002 00000000 00000017 7fffffff 00000001 00000000 00000001"), as: .int4Array, [[Int32]].self)
        }
    }

    @Test("arrays convert to arrays of other types with their shape")
    func conversion() throws {
        var buffer = PostgresBuffer()
        let query: PostgresQuery = "\([[1, 2], [3, 4]])"
        try query.parameters.appendBindParameters(as: [.int4Array], to: &buffer)
        let bytes = buffer.withUnsafeBytes { Array($0[10...]) }
        #expect(try decoded(bytes, as: .int4Array, [[Int32]].self) == [[1, 2], [3, 4]])
    }

    @Test(
        "text forms are read as the server writes them, and written the same",
        arguments: [
            #"{}"#, #"{a,b}"#, #"{NULL,"NULL","null",nil}"#, #"{"",a}"#, #"{"a b","c,d","{e}","f\"g","h\\i"}"#,
            #"{{a,b},{c,d}}"#, #"[0:1]={a,b}"#, #"[-1:0][5:5]={{a},{b}}"#, #"{" a "}"#, #"{😀,"naïve café"}"#,
        ])
    func text(form: String) throws {
        let array = try #require(PostgresArray<String?>(form))
        #expect(array.description == form)
        #expect(try decoded(encoded(array), PostgresArray<String?>.self) == array)
    }

    @Test("white space around elements is passed over, quoted or escaped it stays")
    func blanks() throws {
        #expect(PostgresArray<String?>(#" { a , "b " , c\  , null } "#) == ["a", "b ", "c ", nil])
        #expect(PostgresArray<Int>("[2]={1,2}") == [1, 2])
        #expect(PostgresArray<Bool>("{t,f}") == [true, false])
        #expect(PostgresArray<[UInt8]>(#"{"\\x00ff"}"#) == [[0, 255]])
    }

    @Test(
        "malformed text is refused",
        arguments: [
            "", "a", "{", "}", "{a", "{a,", "{a,}", "{,a}", "{a}}", "{{a},b}", "{a,{b}}", "{{a},{b,c}}", "{{a,b},{c}}",
            "{\"a}", "{a\\", "[1:2]={a}", "[2:1]={}", "[1:1]", "[:1]={a}", "[a]={a}", "[1:99999999999]={a}", "{a} x",
            "{{{{{{{a}}}}}}}", "{{},{}}", "{{a},{}}", "{\"a\"", "[-9223372036854775808:9223372036854775807]={a}",
        ])
    func malformedText(form: String) {
        #expect(PostgresArray<String>(form) == nil)
        #expect(throws: PostgresError.self) { try [String](text: form, type: .textArray) }
    }

    @Test("dimensions read as text nest as those read in binary do")
    func nestedText() throws {
        #expect(try [[Int]](text: "{{1,2},{3,4}}", type: .int4Array) == [[1, 2], [3, 4]])
        #expect(throws: PostgresError.self) { try [Int](text: "{{1,2},{3,4}}", type: .int4Array) }
    }

    @Test("the server's own vectors are arrays that begin at 0")
    func vectors() throws {
        let bytes = hex("00000001 00000000 00000015 00000002 00000000 00000002 0001 00000002 0003")
        #expect(try decoded(bytes, as: .int2vector, [Int].self) == [1, 3])
        #expect(try decoded(bytes, as: .anyArray, [Int].self) == [1, 3])
    }
}
