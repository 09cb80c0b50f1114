import Postgres
import Testing

/// A table of round trips: literals of one type against a real server, in every way a value travels.
///
/// The server's literal comes as bytes and as text, and is the same value; the value goes back as bytes, as text and by
/// COPY, and is the server's text of it again; and all of it once more within an array with a NULL.
struct TypeTable<V: PostgresCodable & PostgresArrayElement & LosslessStringConvertible & Equatable & Sendable> {
    let connection: PostgresConnection
    /// The type as SQL names it.
    let type: String
    /// False where the server's text has what the value does not know, as a currency's symbol.
    var describesItself = true
    /// True for types without an array.
    var hasArrays = true

    /// Checks literals whose text is theirs.
    func check(_ literals: String...) async throws {
        for literal in literals { try await check(literal, as: literal) }
    }

    /// Checks a literal whose text is another.
    func check(_ literal: String, as text: String) async throws {
        let place = "\(type) \(literal.prefix(80))"
        let read: PostgresQuery = "SELECT (\(literal)::\(raw: type)), (\(literal)::\(raw: type))::text"
        let row = try #require(try await connection.query(read).collect().first, "\(place)")
        let (value, written) = try row.decode(as: (V, String).self)
        #expect(written == text, "\(place)")
        #expect(V(written) == value, "\(place): from the server's text")
        if describesItself { #expect(value.description == text, "\(place): our text") }

        // As bytes, as text, and what both are to the server.
        let sent: PostgresQuery = """
            SELECT (\(value)::\(raw: type))::text, (\(value.description)::\(raw: type))::text, (\(text)::\(raw: type))
            """
        let answer = try #require(try await connection.query(sent).collect().first, "\(place)")
        let (fromBytes, fromText, again) = try answer.decode(as: (String, String, V).self)
        #expect(fromBytes == text, "\(place): sent as bytes")
        #expect(fromText == text, "\(place): sent as text")
        #expect(again == value, "\(place): read again")

        if hasArrays { try await checkArray(value, literal, place) }
        try await checkCopy(value, text, place)
    }

    private func checkArray(_ value: V, _ literal: String, _ place: String) async throws {
        let values = [value, nil, value] as [V?]
        let query: PostgresQuery = """
            SELECT ARRAY[\(literal), NULL, \(literal)]::\(raw: type)[],
                (\(values)::\(raw: type)[])::text, (ARRAY[\(literal), NULL, \(literal)]::\(raw: type)[])::text
            """
        let row = try #require(try await connection.query(query).collect().first, "\(place)")
        let (read, sent, expected) = try row.decode(as: ([V?], String, String).self)
        #expect(read == values, "\(place): an array read")
        #expect(sent == expected, "\(place): an array sent")
    }

    private func checkCopy(_ value: V, _ text: String, _ place: String) async throws {
        try await connection.execute(
            script: "DROP TABLE IF EXISTS pg_temp.round_trip; CREATE TEMP TABLE round_trip (v \(type))")
        try await connection.copy(into: "round_trip") { copy in try await copy.write(value) }
        let rows = try await connection.query("SELECT v::text, v FROM round_trip").collect()
        let (written, back) = try #require(rows.first).decode(as: (String, V).self)
        #expect(written == text, "\(place): by COPY")
        #expect(back == value, "\(place): by COPY and back")
    }
}

extension PostgresConnection {
    /// The server's version: 160004 for 16.4.
    func serverVersion() async throws -> Int {
        for try await version in try await query("SELECT current_setting('server_version_num')::int4", as: Int.self) {
            return version
        }
        return 0
    }

    /// False for a server made without libxml.
    func hasXML() async throws -> Bool {
        do throws(PostgresError) {
            try await execute("SELECT '<a/>'::xml")
            return true
        } catch {
            guard error.sqlState == .featureNotSupported else { throw error }
            return false
        }
    }

    /// True when the server can create the extension; creates it then.
    func createExtension(_ name: String) async throws -> Bool {
        let found = try await query("SELECT name FROM pg_available_extensions WHERE name = \(name)", as: String.self)
            .collect()
        guard !found.isEmpty else { return false }
        try await execute("CREATE EXTENSION IF NOT EXISTS \(identifier: name)")
        return true
    }
}
