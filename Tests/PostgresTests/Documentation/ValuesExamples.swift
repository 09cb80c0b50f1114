import Postgres

/// The examples of the article Values and types.
enum ValuesExamples {
    struct Profile: Codable, Sendable {
        var name: String
        var tags: [String]
    }

    enum Status: String, PostgresCodable, PostgresArrayElement {
        case draft, sent, paid
    }

    struct CustomerID: RawRepresentable, Hashable, PostgresCodable {
        var rawValue: Int
    }

    struct Celsius: PostgresCodable {
        var degrees: Double

        static var postgresType: PostgresType { .float8 }

        init(degrees: Double) { self.degrees = degrees }

        init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
            degrees = try Double(binary: bytes, type: type)
        }

        func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
            try degrees.encode(into: &buffer, as: type)
        }
    }

    /// NULL
    static func null(in pool: PostgresPool, id: Int) async throws -> [String?] {
        let emails = try await pool.query("SELECT email FROM users", as: String?.self).collect()
        try await pool.execute("UPDATE users SET email = \(String?.none) WHERE id = \(id)")
        return emails
    }

    /// JSON
    static func json(in pool: PostgresPool, id: Int, profile: Profile) async throws {
        try await pool.execute("INSERT INTO profiles (id, data) VALUES (\(id), \(JSONB(profile)))")
        if let stored = try await pool.query("SELECT data FROM profiles WHERE id = \(id)", as: JSONB<Profile>.self)
            .first()
        {
            print(stored.name, stored.tags)
        }

        let anything: JSONValue = ["name": "Ada", "scores": [1, 2.5, nil]]
        try await pool.execute("INSERT INTO profiles (id, data) VALUES (\(id + 1), \(anything))")
    }

    /// What cannot be stored
    static func storable(_ text: String) throws -> JSONValue {
        let value = try JSONValue(parsing: text, unstorable: .replace)
        return value
    }

    /// Types of your own
    static func customers(in pool: PostgresPool) async throws -> [CustomerID] {
        let open: [Status] = [.draft, .sent]
        let customers = try await pool.query(
            "SELECT DISTINCT customer FROM invoices WHERE status = ANY(\(open))", as: CustomerID.self
        ).collect()
        return customers
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
