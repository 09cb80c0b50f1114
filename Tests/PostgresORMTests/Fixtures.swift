import PostgresORM
import Testing

/// What a project's JSON document holds.
struct ProjectData: Codable, Sendable, Hashable {
    var sponsor: String?
    var tags: [String] = []
}

/// An identity, a unique column, a document, a column that may be NULL.
struct Project: Model, Hashable {
    var id = 0
    var projectID: String
    var data: JSONB<ProjectData>
    var isActive = true
    var owner: String?
    var visits = 0

    var shortID: String { String(projectID.suffix(3)) }

    static let schema = Schema(
        "projects", Project.init,
        Column("id", \.id, .identity),
        Column("project_id", \.projectID, .type("varchar(10)"), .unique, .check("project_id ~ '^PRO-[0-9]{3,}$'")),
        Column("data", \.data, .index(.gin)),
        Column("is_active", \.isActive, .default(true), .index()),
        Column("owner", \.owner),
        Column("visits", \.visits, .default(0)))
}

/// A composite key, in a schema, with options over several columns and text that needs quoting.
struct SOPVersion: Model, Hashable {
    var sopID: String
    var version: Int
    var body: String
    var tags: [String]

    static let schema = Schema(
        PostgresIdentifier(schema: "app", "SOP \"versions\""), SOPVersion.init,
        Column("sop_id", \.sopID, .primaryKey, .references("sops", "sop_id", onDelete: .cascade)),
        Column("version", \.version, .primaryKey),
        Column("Body", \.body),
        Column("tags", \.tags, .index(.gin)),
        options: [
            .unique(\.sopID, \.body),
            .index(.ascending(\.sopID), .descending(\.version)),
            .index(named: "sop_search", on: "to_tsvector('english', \"Body\")", method: .gin),
            .check("version >= 1"),
        ])
}

/// Everything that the server makes: a key by default, a time by default, a sum.
struct Order: Model, Hashable {
    var id: String?
    var amount: Int
    var price: Double
    var total: Double?
    var note: String?

    static let schema = Schema(
        "orders", Order.init,
        Column("id", \.id, .primaryKey, .default(sql: "gen_random_uuid()::text")),
        Column("amount", \.amount),
        Column("price", \.price),
        Column("total", \.total, .generated("amount * price")),
        Column("note", \.note, .default("it's \\ new")))
}

/// A table without a key, with nothing but what the server makes in one column.
struct Tick: Model, Hashable {
    var number: Int?

    static let schema = Schema("ticks", Tick.init, Column("number", \.number, .identity))
}

/// A log without a primary key.
struct LogLine: Model, Hashable {
    var text: String

    static let schema = Schema("log", LogLine.init, Column("text", \.text))
}

/// The SQL of a statement and the types of its parameters, in one text that is easy to compare.
func text(_ query: PostgresQuery) -> String {
    query.parameters.isEmpty
        ? query.sql : "\(query.sql) -- \(query.parameters.types.map(\.description).joined(separator: ", "))"
}

/// The condition of a select, without what stands before it.
func condition<M>(_ select: Select<M>) throws -> String {
    let whole = text(try select.query)
    let range = try #require(whole.firstRange(of: " WHERE "))
    return String(whole[range.upperBound...])
}

/// The error that `body` throws.
func failure(_ body: () throws -> Void) -> PostgresError? {
    do {
        try body()
        return nil
    } catch {
        return error as? PostgresError
    }
}
