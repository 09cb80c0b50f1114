import Foundation
import Postgres

/// The examples of the article Querying.
enum QueryingExamples {
    struct User: Equatable {
        var id: Int
        var name: String
        var email: String?
    }

    struct Change {
        var id: Int
        var name: String
    }

    struct Contact: Decodable {
        var id: Int
        var fullName: String
    }

    /// Values are parameters
    static func parameters(in pool: PostgresPool, age: Int, cities: [String]) async throws {
        let adults = try await pool.query(
            "SELECT id, name FROM users WHERE age >= \(age) AND city = ANY(\(cities))", as: (Int, String).self)
        for try await (id, name) in adults {
            print(id, name)
        }
    }

    /// Names and text
    static func names(in pool: PostgresPool) async throws -> Int {
        let table = PostgresIdentifier(schema: "billing", "invoices")
        let count = try await pool.query("SELECT count(*) FROM \(identifier: table)", as: Int.self).first() ?? 0
        return count
    }

    /// Names and text
    static func parts(
        in pool: PostgresPool, customer: Int, since: Date?, newestFirst: Bool
    ) async throws -> [(Int, Decimal)] {
        var query: PostgresQuery = "SELECT id, total FROM invoices WHERE customer = \(customer)"
        if let since { query.append(" AND created_at >= \(since)") }
        query.append(raw: newestFirst ? " ORDER BY created_at DESC" : " ORDER BY created_at")
        let invoices = try await pool.query(query, as: (Int, Decimal).self).collect()
        return invoices
    }

    /// Rows as tuples, structs and single cells
    static func structs(in pool: PostgresPool) async throws -> [User] {
        let users = try await pool.query("SELECT id, name, email FROM users ORDER BY id")
            .decode { (row) throws(PostgresError) in
                User(id: try row.next(), name: try row.next(), email: try row.next())
            }
            .collect()
        return users
    }

    /// Rows as tuples, structs and single cells
    static func cells(in pool: PostgresPool) async throws {
        for try await row in try await pool.query("SELECT * FROM users") {
            let name = try row.decode("name", as: String.self)
            print(name, row.columns.map { "\($0.name) \($0.type)" })
        }
    }

    /// Many rows
    static func leavingEarly(in pool: PostgresPool, word: String) async throws {
        let messages = try await pool.query("SELECT id, body FROM messages ORDER BY id", as: (Int, String).self)
        for try await (id, body) in messages {
            if body.contains(word) {
                print("first found in", id)
                break
            }
        }
    }

    /// Rows as tuples, structs and single cells
    static func decodable(in pool: PostgresPool) async throws -> [Contact] {
        let contacts = try await pool.query("SELECT id, name AS full_name FROM users ORDER BY id", into: Contact.self)
            .collect()
        return contacts
    }

    /// Cursors
    static func cursors(in pool: PostgresPool) async throws {
        try await pool.withTransaction { tx in
            try await tx.withCursor("SELECT id, body FROM messages ORDER BY id", fetchSize: 50) { cursor in
                for try await row in cursor {
                    let (id, body) = try row.decode(as: (Int, String).self)
                    try await tx.execute("UPDATE messages SET body = \(body.uppercased()) WHERE id = \(id)")
                }
            }
        }
    }

    /// The same statement many times
    static func named(in pool: PostgresPool, city: String, age: Int) async throws -> [Int] {
        let find = PostgresNamedStatement("SELECT id FROM users WHERE age >= :age AND (city = :city OR name = :city)")
        let ids = try await pool.query(find(["city": city, "age": age]), as: Int.self).collect()
        return ids
    }

    /// The same statement many times
    static func eachOfABatch(in pool: PostgresPool, changes: [Change]) async throws {
        let rename = PostgresStatement("UPDATE users SET name = $2 WHERE id = $1")
        let results = try await pool.batchResults(changes.map { rename($0.id, $0.name) }, isolation: .each)
        for (change, result) in zip(changes, results) {
            if case .failure(let error) = result { print(change.id, error) }
        }
    }

    /// Plans
    static func plans(in pool: PostgresPool, city: String) async throws -> Bool {
        let plan = try await pool.explain("SELECT id FROM users WHERE city = \(city)", analyze: true)
        print(plan)
        let isScanned = plan.root.all.contains { $0.nodeType == "Seq Scan" && $0.relationName == "users" }
        return isScanned
    }

    /// What a statement did
    static func results(in pool: PostgresPool) async throws -> Int? {
        let result = try await pool.execute("DELETE FROM sessions WHERE expires_at < now()")
        print(result.rowCount ?? 0, "sessions removed")
        return result.rowCount
    }

    /// The same statement many times
    static func batch(in pool: PostgresPool, changes: [Change]) async throws -> Int {
        let rename = PostgresStatement("UPDATE users SET name = $2 WHERE id = $1")
        let results = try await pool.batch(changes.map { rename($0.id, $0.name) })
        let changed = results.compactMap { $0.commandResult?.rowCount }.reduce(0, +)
        return changed
    }

    /// Answers as they come
    static func pipeline(in pool: PostgresPool, ids: [Int]) async throws {
        try await pool.withConnection { connection in
            let find = PostgresStatement("SELECT name FROM users WHERE id = $1")
            for try await rows in try await connection.pipeline(ids.map { find($0) }) {
                if let name = try await rows.decode(as: String.self).first() { print(name) }
            }
        }
    }

    /// Batches that overlap
    static func batches(in pool: PostgresPool, pages: [[Change]]) async throws {
        let rename = PostgresStatement("UPDATE users SET name = $2 WHERE id = $1")
        try await pool.withTransaction { transaction in
            try await withThrowingTaskGroup { group in
                for (index, page) in pages.enumerated() {
                    let batch = page.map { rename($0.id, $0.name) }
                    group.addTask { _ = try await transaction.batch(batch) }
                    if index > 0 { try await group.next() }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Scripts
    static func script(in pool: PostgresPool) async throws {
        try await pool.execute(
            script: """
                CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, age int, city text);
                CREATE INDEX ON users (city);
                """)
    }

    /// Errors
    static func errors(in pool: PostgresPool, id: Int, name: String, email: String) async throws {
        do {
            try await pool.execute("INSERT INTO users (id, name, email) VALUES (\(id), \(name), \(email))")
        } catch SQLState.uniqueViolation {
            print("this address is taken")
        } catch let error where error.server?.isFatal == true {
            print("the server hung up: \(error)")
        } catch {
            throw error
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
