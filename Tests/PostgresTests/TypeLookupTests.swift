import PostgresTestKit
import PostgresTypes
import Testing

@testable import Postgres

/// What a connection asks the catalog, and when.
@Suite(.timeLimit(.minutes(2))) struct TypeLookupTests {
    /// Waits for the question about types; its text.
    static func question(_ s: ScriptedSession) throws -> String {
        let messages = try s.expect("Q")
        guard case .query(let sql) = messages[0] else { throw Unexpected(message: messages[0]) }
        return sql
    }

    static let columns = (0..<15).map { BackendMessage.Column("c\($0)", type: 25, format: .text, size: -1) }

    @Test("a type is asked for once; built-in types are not asked for") func once() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.answerExecute([.row(1)])
            try s.answerPrepare(parameters: [30_000], columns: [.init("mood", type: 30_000, size: 4)])
            let sql = try Self.question(s)
            #expect(sql.contains("'{30000}'"))
            try s.send(
                .rowDescription(Self.columns),
                .dataRow(texts: [
                    "30000", "app", "mood", "e", "f", "0", "30001", "0", ",", "t", #"{sad,"so so"}"#, nil, nil, nil,
                    nil,
                ]), .commandComplete("SELECT 1"), .readyForQuery())
            try s.answerExecute([.dataRow([Array("sad".utf8)])])
            try s.answerPrepare(columns: [.init("mood", type: 30_000, size: 4)])
            try s.answerExecute()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.execute("SELECT 1")
        let row = try #require(try await connection.query("SELECT mood FROM a WHERE mood = \("sad")").collect().first)
        let type = row.columns[0].type
        #expect(type.description == "mood" && type.info?.schema == "app")
        #expect(type.info?.kind == .enumeration(labels: ["sad", "so so"]))
        #expect(type.array?.rawValue == 30_001)
        #expect(try row.decode(0, as: String.self) == "sad")
        try await connection.execute("SELECT mood FROM b")
        try await server.finished()
    }

    @Test("a server that refuses the question is not asked again, and its types are bytes") func refused() async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.init("x", type: 30_000, size: 4)])
            _ = try Self.question(s)
            try s.send(.error(SQLState(rawValue: "42601"), "what is that?"), .readyForQuery())
            try s.answerExecute([.dataRow([[1, 2]])])
            try s.answerPrepare(columns: [.init("x", type: 30_001, size: 4)])
            try s.answerExecute()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let row = try #require(try await connection.query("SELECT x FROM a").collect().first)
        #expect(try row.decode(0, as: PostgresRawValue.self).bytes == [1, 2])
        #expect(row.columns[0].type.info == nil)
        try await connection.execute("SELECT x FROM b")
        try await server.finished()
    }

    @Test("trap 29: a type without a binary form is asked for as text") func textForm() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n"), .init("acl", type: 1034, size: -1)])
            _ = try Self.question(s)
            try s.send(.rowDescription(Self.columns), .commandComplete("SELECT 0"), .readyForQuery())
            let messages = try s.expect("B", "E", "S")
            guard case .bind(let bind) = messages[0] else { throw Unexpected(message: messages[0]) }
            #expect(bind.resultFormats == [1, 0])
            try s.send(
                .bindComplete, .dataRow([[0, 0, 0, 7], Array("{a=r/a}".utf8)]), .commandComplete("SELECT 1"),
                .readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        let row = try #require(try await connection.query("SELECT n, acl FROM a").collect().first)
        let (number, acl) = try row.decode(as: (Int, [String]).self)
        #expect(number == 7 && acl == ["a=r/a"])
        try await server.finished()
    }

    @Test("trap 18: a catalog that contradicts itself gives no type made of itself") func contradictions() throws {
        func row(_ oid: UInt32, _ kind: String, element: UInt32 = 0, base: UInt32 = 0) throws -> CatalogRow {
            try #require(
                CatalogRow([
                    "\(oid)", "s", "t\(oid)", kind, element == 0 ? "f" : "t", "\(element)", "0", "\(base)", ",", "t",
                    nil,
                    nil, nil, nil, nil,
                ]))
        }
        let rows = [
            try row(30_000, "d", base: 30_001), try row(30_001, "d", base: 30_000),
            try row(30_002, "b", element: 30_002),
            try row(30_003, "r"), try row(30_004, "?"), try row(30_004, "e"),
        ]
        let types = CatalogReader(rows).types
        #expect(types.count == 5)
        for (oid, type) in types {
            #expect(type.rawValue == oid)
            _ = (type.base, type.array, type.element, type.rangeBound, type.description)
        }
        #expect(CatalogRow([nil]) == nil)
        #expect(CatalogRow(Array(repeating: "x", count: 15)) == nil)
    }
}
