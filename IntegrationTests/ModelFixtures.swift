import Foundation
import PostgresORM

/// A document of a project.
struct ProjectData: Codable, Sendable, Hashable {
    var sponsor: String?
    var budget: Double?
    var tags: [String] = []
    var team: [Member] = []

    struct Member: Codable, Sendable, Hashable {
        var name: String
    }
}

/// An identity, a unique column with a check, a document with a GIN index, a time that the server sets.
struct Project: Model, Hashable {
    var id = 0
    var projectID: String
    var data = JSONB(ProjectData())
    var isActive = true
    var owner: String?
    var price: PostgresNumeric = 0
    var createdAt: PostgresTimestampTZ?

    static let schema = Schema(
        "projects", Project.init,
        Column("id", \.id, .identity),
        Column("project_id", \.projectID, .type("varchar(10)"), .unique, .check("project_id ~ '^PRO-[0-9]{3,}$'")),
        Column("data", \.data, .index(.gin)),
        Column("is_active", \.isActive, .default(true), .index()),
        Column("owner", \.owner),
        Column("price", \.price, .type("numeric(10,2)"), .default(0)),
        Column("created_at", \.createdAt, .default(sql: "now()")))
}

/// A composite key that refers to a project, an array, an enum in text.
struct Version: Model, Hashable {
    enum Status: String, PostgresCodable { case draft, published }

    var projectID: Int
    var number: Int32
    var status = Status.draft
    var tags: [String] = []

    static let schema = Schema(
        "Project \"versions\"", Version.init,
        Column("project", \.projectID, .primaryKey, .references("projects", onDelete: .cascade)),
        Column("number", \.number, .primaryKey),
        Column("status", \.status, .default(.draft)),
        Column("tags", \.tags, .index(.gin)),
        options: [.index(.ascending(\.status), .descending(\.number))])
}

/// A key and a total that the server makes, seventeen columns in all: more than there are initialisers without a pack.
struct Wide: Model, Hashable {
    var id: UUID?
    var a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7
    var h: String?, i: String?, j: String?, k: String?, l: String?
    var m = true, n = 1.5, o: Int16 = 9
    var total: Int?

    static let schema = Schema(
        "wide", Wide.init,
        Column("id", \.id, .primaryKey, .default(sql: "gen_random_uuid()")),
        Column("a", \.a), Column("b", \.b), Column("c", \.c), Column("d", \.d), Column("e", \.e), Column("f", \.f),
        Column("g", \.g), Column("h", \.h), Column("i", \.i), Column("j", \.j), Column("k", \.k), Column("l", \.l),
        Column("m", \.m), Column("n", \.n), Column("o", \.o), Column("total", \.total, .generated("a + b")))
}

/// Runs a test in a database of its own with the models' tables made.
func withModelTables(_ body: (PostgresPool) async throws -> Void) async throws {
    try await TestServer.withPool { pool in
        try await Project.createTable(in: pool)
        try await Version.createTable(in: pool)
        try await Wide.createTable(in: pool)
        try await body(pool)
    }
}
