import Foundation
import Postgres

/// The examples of the article Copying.
enum CopyingExamples {
    struct Event: Sendable {
        var id: Int
        var at: Date
        var data: JSONValue
    }

    /// Rows in
    static func sequence(_ events: [Event], to pool: PostgresPool) async throws -> Int {
        let count = try await pool.copy(events, into: "events", columns: ["id", "at", "data"]) {
            (event, row) throws(PostgresError) in
            try row.append(event.id)
            try row.append(event.at)
            try row.append(event.data)
        }
        return count
    }

    /// Text and CSV
    static func file(_ path: String, to pool: PostgresPool) async throws -> Int {
        var format = PostgresCopyFormat.csv(header: .match, delimiter: ";", null: "NULL", encoding: "LATIN1")
        format.forceNull = .columns(["name"])
        let stored = try await pool.copy(file: path, into: "users", columns: ["id", "name"], format: format)
        return stored
    }

    struct User: Sendable {
        var id: Int
        var name: String
    }

    enum Field: Sendable {
        case number(Int)
        case instant(Date)
        case json(JSONValue)
        case missing
    }

    /// Rows in
    static func rowsIn(_ events: [Event], to pool: PostgresPool) async throws -> Int {
        let count = try await pool.copy(into: "events", columns: ["id", "at", "data"]) { copy in
            for event in events {
                try await copy.write(event.id, event.at, event.data)
            }
        }
        print(count, "rows stored")
        return count
    }

    /// Rows in
    static func cells(_ lines: [[Field]], to pool: PostgresPool) async throws {
        try await pool.copy(into: "events", columns: ["id", "at", "data"]) { copy in
            for line in lines {
                try await copy.writeRow { (row) throws(PostgresError) in
                    for field in line {
                        switch field {
                        case .number(let number): try row.append(number)
                        case .instant(let instant): try row.append(instant)
                        case .json(let json): try row.append(json)
                        case .missing: try row.appendNull()
                        }
                    }
                }
            }
        }
    }

    /// Rows out
    static func rowsOut(of pool: PostgresPool) async throws {
        try await pool.withConnection { connection in
            let rows = try await connection.copy(from: .table("events", columns: ["id", "at"]))
            for try await (id, at) in rows.decode(as: (Int, Date).self) {
                print(id, at)
            }
        }
    }

    /// Text and CSV
    static func csvIn(_ users: [User], to pool: PostgresPool) async throws -> Int {
        let stored = try await pool.copy(into: "users", columns: ["id", "name"], format: .csv(header: true)) { copy in
            try await copy.write("id,name\n")
            for user in users {
                try await copy.write("\(user.id),\"\(user.name.replacing("\"", with: "\"\""))\"\n")
            }
        }
        return stored
    }

    /// Text and CSV
    static func csvOut(of pool: PostgresPool, to output: FileHandle) async throws {
        try await pool.withConnection { connection in
            for try await piece in try await connection.copy(from: .table("users"), format: .csv(header: true)) {
                try output.write(contentsOf: piece)
            }
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
