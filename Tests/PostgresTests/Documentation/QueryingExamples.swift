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
