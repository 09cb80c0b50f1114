import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct GeometryTests {
    /// Text to value to text; value to bytes to value.
    private func check<V: PostgresTextConvertible & PostgresCodable>(_: V.Type, _ texts: [String]) throws {
        for text in texts {
            let value = try #require(V(text), "\(text)")
            #expect(value.description == text)
            #expect(try decoded(encoded(value), V.self).description == text)
            #expect(try JSONDecoder().decode([V].self, from: JSONEncoder().encode([value])).first?.description == text)
        }
    }

    @Test("numbers are written as the server writes them")
    func numbers() throws {
        try check(
            PostgresPoint.self,
            [
                "(0,0)", "(-0,1)", "(1.5,-2.25)", "(100000000000000,1e+15)", "(0.0001,1e-05)", "(1.2345e+100,5e-324)",
                "(NaN,Infinity)", "(-Infinity,1.7976931348623157e+308)", "(123456.789,0.000123)", "(12300,0.1)",
            ])
        #expect(PostgresPoint(" ( 1 , 2 ) ") == PostgresPoint(x: 1, y: 2))
    }

    @Test func everyShape() throws {
        try check(PostgresLine.self, ["{1,2,3}", "{-1.5,0,1e+20}"])
        try check(PostgresLineSegment.self, ["[(1,2),(3,4)]"])
        try check(PostgresBox.self, ["(3,4),(1,2)"])
        try check(PostgresPath.self, ["((1,2),(3,4))", "[(1,2),(3,4)]", "((1,2))", "[(1,2)]"])
        try check(PostgresPolygon.self, ["((1,2),(3,4),(5,0))", "((1,2))"])
        try check(PostgresCircle.self, ["<(1,2),3>", "<(0,0),0>"])
    }

    @Test("fuzz: a path or polygon without points is refused, as the server does")
    func noPoints() throws {
        for closed in ["00", "01"] {
            let bytes = hex(closed + "00000000")
            #expect(throws: PostgresError.self) { try decoded(bytes, PostgresPath.self) }
        }
        #expect(throws: PostgresError.self) { try decoded(hex("00000000"), PostgresPolygon.self) }
        #expect(throws: PostgresError.self) { try encoded(PostgresPath([], isClosed: true)) }
        #expect(throws: PostgresError.self) { try encoded(PostgresPolygon([])) }
    }

    @Test("a box is the same from whichever corners it is made")
    func box() throws {
        let box = PostgresBox(PostgresPoint(x: 1, y: 4), PostgresPoint(x: 3, y: 2))
        #expect(box.description == "(3,4),(1,2)")
        #expect(PostgresBox("(1,2),(3,4)") == box)
        let odd = PostgresBox(PostgresPoint(x: 1, y: .nan), PostgresPoint(x: .nan, y: 2))
        #expect(odd.description == "(NaN,NaN),(1,2)")
    }

    @Test("known bytes")
    func bytes() throws {
        let one = "3ff0000000000000"
        let two = "4000000000000000"
        #expect(try encoded(PostgresPoint(x: 1, y: 2)) == hex(one + two))
        #expect(try encoded(#require(PostgresPath("[(1,2)]"))) == hex("00 00000001" + one + two))
        #expect(try encoded(#require(PostgresPath("((1,2))"))) == hex("01 00000001" + one + two))
        #expect(try encoded(#require(PostgresPolygon("((1,2))"))) == hex("00000001" + one + two))
        #expect(try encoded(#require(PostgresCircle("<(1,2),1>"))) == hex(one + two + one))
        #expect(try encoded(#require(PostgresLine("{1,2,1}"))) == hex(one + two + one))
        #expect(try encoded(#require(PostgresBox("(2,2),(1,1)"))) == hex(two + two + one + one))
    }

    @Test(
        "what is no shape",
        arguments: [
            "", "1,2", "(1,2", "(1;2)", "(1,2,3)", "(1,)", "(,1)", "(1e400,1)", "(0x1,1)", "(1,2)x", "((1,2)",
            "[(1,2))",
            "<(1,2)>", "<(1,2),>", "{1,2}", "{1,2,3,4}", "[(1,2)", "()", "(())", "[]", "{}", "<>", "(one,2)",
        ])
    func unreadable(text: String) {
        #expect(PostgresPoint(text) == nil)
        #expect(PostgresLine(text) == nil)
        #expect(PostgresLineSegment(text) == nil)
        #expect(PostgresBox(text) == nil)
        #expect(PostgresPath(text) == nil)
        #expect(PostgresPolygon(text) == nil)
        #expect(PostgresCircle(text) == nil)
    }

    @Test("a count that lies throws, and nothing is allocated by it")
    func lies() {
        for bytes in ["7fffffff", "ffffffff", "00000001 00", "00000000 00"] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresPolygon.self) }
            #expect(throws: PostgresError.self) { try decoded(hex("00" + bytes), PostgresPath.self) }
        }
        #expect(throws: PostgresError.self) { try decoded(hex("02 00000000"), PostgresPath.self) }
        #expect(throws: PostgresError.self) { try encoded(PostgresPoint(x: 1, y: 2), as: .circle) }
        #expect(throws: PostgresError.self) { try decoded(hex("00"), as: .text, PostgresPoint.self) }
    }
}
