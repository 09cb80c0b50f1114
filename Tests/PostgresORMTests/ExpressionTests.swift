import PostgresORM
import Testing

@Suite("Expressions become SQL")
struct ExpressionTests {
    /// What a condition is to become.
    struct Case: Sendable {
        let sql: String
        let condition: @Sendable (Columns<Project>) -> SQLExpression<Bool>

        init(_ sql: String, _ condition: @escaping @Sendable (Columns<Project>) -> SQLExpression<Bool>) {
            self.sql = sql
            self.condition = condition
        }
    }

    static let owner = "Ada"
    static let nobody: String? = nil

    static let comparisons: [Case] = [
        Case(#""is_active""#) { $0.isActive },
        Case(#"("is_active" = $1) -- boolean"#) { $0.isActive == true },
        Case(#"("project_id" <> $1) -- text"#) { $0.projectID != "PRO-001" },
        Case(#"("visits" < $1) -- bigint"#) { $0.visits < 3 },
        Case(#"("visits" <= $1) -- bigint"#) { $0.visits <= 3 },
        Case(#"("visits" > $1) -- bigint"#) { $0.visits > 3 },
        Case(#"("visits" >= $1) -- bigint"#) { $0.visits >= 3 },
        Case(#"("visits" = "id")"#) { $0.visits == $0.id },
        Case(#"("visits" <> "id")"#) { $0.visits != $0.id },
        Case(#"("visits" < "id")"#) { $0.visits < $0.id },
        Case(#"("owner" = "project_id")"#) { $0.owner == $0.projectID.optional },
        Case(#"("visits" BETWEEN $1 AND $2) -- bigint, bigint"#) { $0.visits.between(1, and: 5) },
        Case(#"("visits" = ANY($1)) -- bigint[]"#) { $0.visits.in([1, 2, 3]) },
        Case(#"("visits" = ANY($1)) -- bigint[]"#) { $0.visits.in([]) },
        Case(#"("owner" = ANY($1)) -- text[]"#) { $0.owner.in(["Ada", "Grace"]) },
        Case(#"("owner" LIKE $1) -- text"#) { $0.owner.like("A%") },
        Case(#"("project_id" ILIKE $1) -- text"#) { $0.projectID.ilike("pro%") },
        Case(#"("owner" IS DISTINCT FROM $1) -- text"#) { $0.owner.isDistinct(from: "Ada") },
        Case(#"("visits" IS DISTINCT FROM "id")"#) { $0.visits.isDistinct(from: $0.id) },
        Case(#"("visits" = (("id" + $1) * $2)) -- bigint, bigint"#) { $0.visits == ($0.id + 1) * 2 },
        Case(#"(lower(owner) = $1) -- text"#) { _ in .sql("lower(owner) = \(Self.owner)") },
    ]

    static let nulls: [Case] = [
        Case(#"("owner" IS NULL)"#) { $0.owner == nil },
        Case(#"("owner" IS NOT NULL)"#) { $0.owner != nil },
        Case(#"("owner" IS NULL)"#) { $0.owner == Self.nobody },
        Case(#"("owner" IS NOT NULL)"#) { $0.owner != Self.nobody },
        Case(#"("owner" = $1) -- text"#) { $0.owner == Self.owner },
        Case(#"("owner" IS NULL)"#) { $0.owner.isNull },
        Case(#"("visits" IS NOT NULL)"#) { $0.visits.isNotNull },
        Case(#"("owner" IS NULL)"#) { $0.owner == .value(nil) },
        Case(#"(NOT ("owner" IS NULL))"#) { !($0.owner == nil) },
    ]

    static let logic: [Case] = [
        Case(#"(NOT "is_active")"#) { !$0.isActive },
        Case(#"("is_active" AND ("visits" > $1) AND ("owner" IS NULL)) -- bigint"#) {
            $0.isActive && $0.visits > 1 && $0.owner == nil
        },
        Case(#"(("is_active" AND ("visits" > $1)) OR ("owner" = $2)) -- bigint, text"#) {
            $0.isActive && $0.visits > 1 || $0.owner == "Ada"
        },
        Case(#"("is_active" AND (("visits" > $1) OR ("owner" = $2))) -- bigint, text"#) {
            $0.isActive && ($0.visits > 1 || $0.owner == "Ada")
        },
        Case(#"("is_active" AND ("visits" > $1) AND ("visits" < $2)) -- bigint, bigint"#) {
            $0.isActive && ($0.visits > 1 && $0.visits < 9)
        },
    ]

    @Test(arguments: comparisons + nulls + logic)
    func condition(_ test: Case) throws {
        #expect(try PostgresORMTests.condition(Project.where(test.condition)) == test.sql)
    }

    @Test("trap 39: what looks like SQL in a value stays a value")
    func injection() throws {
        let evil = "'; DROP TABLE projects; -- $1"
        let query = try Project.where { $0.projectID == evil && $0.owner == evil }.query
        #expect(!query.sql.contains("DROP"))
        #expect(query.parameters.count == 2)
    }

    @Test("ten thousand conditions are one level deep")
    func manyConditions() throws {
        let query = try Project.where { project in
            (0..<10_000).reduce(project.isActive) { $0 || project.visits == $1 }
        }.query
        #expect(query.parameters.count == 10_000)
    }

    @Test("a property without a column is refused")
    func notAColumn() throws {
        let error = failure { _ = try Project.where { $0.shortID == "001" }.query }
        #expect(error?.code == .invalidUse)
        #expect(error?.message.contains("Project has no column") == true)
    }
}

@Suite("JSONB expressions become SQL")
struct JSONExpressionTests {
    typealias Case = ExpressionTests.Case

    struct Part: Codable, Sendable {
        var sponsor: String
    }

    static let paths: [Case] = [
        Case(#"(("data" ->> 'sponsor') = $1) -- text"#) { $0.data["sponsor"].text == "Ada" },
        Case(#"(((("data" -> 'a') -> 'b') ->> 0) = $1) -- text"#) { $0.data["a"]["b"][0].text == "x" },
        Case(#"(((("data" -> 'a') -> 'b') -> -1) = $1) -- jsonb"#) { $0.data["a"]["b"][-1].json == ["k": 1] },
        Case(#"(("data" -> 'a') IS NULL)"#) { $0.data["a"] == nil },
        Case(#"(("data" ->> 'a') IS NULL)"#) { $0.data["a"].text == nil },
        Case(#"(("data" #>> '{}') = $1) -- text"#) { $0.data.text == "{}" },
        Case(#"((("data" ->> 'n'))::bigint > $1) -- bigint"#) { $0.data["n"].int > 3 },
        Case(#"((("data" ->> 'n'))::double precision < $1) -- double precision"#) { $0.data["n"].double < 0.5 },
        Case(#"((("data" ->> 'n'))::boolean = $1) -- boolean"#) { $0.data["n"].bool == true },
        Case(#"(("data" ->> 'it''s') = $1) -- text"#) { $0.data["it's"].text == "x" },
        Case(#"(("data" ->> E'a\\''b') = $1) -- text"#) { $0.data["a\\'b"].text == "x" },
    ]

    static let operators: [Case] = [
        Case(#"("data" @> $1) -- jsonb"#) { $0.data.contains(["k": 1]) },
        Case(#"("data" @> $1) -- jsonb"#) { $0.data.contains(["k": 1, "name": "x", "none": nil]) },
        Case(#"("data" @> $1) -- jsonb"#) { $0.data.contains(Part(sponsor: "Ada")) },
        Case(#"(("data" -> 'tags') @> $1) -- jsonb"#) { $0.data["tags"].contains(["red"]) },
        Case(#"("data" ? $1) -- text"#) { $0.data.has("sponsor") },
        Case(#"("data" ?| $1) -- text[]"#) { $0.data.hasAny(["a", "b"]) },
        Case(#"(("data" -> 'a') ?& $1) -- text[]"#) { $0.data["a"].hasAll(["a", "b"]) },
    ]

    @Test("004-20: paths, containment and existence", arguments: paths + operators)
    func condition(_ test: Case) throws {
        #expect(try PostgresORMTests.condition(Project.where(test.condition)) == test.sql)
    }

    @Test("a NUL in a key is refused: the statement would end there")
    func nulInKey() {
        let error = failure { _ = try Project.where { $0.data["a\0b"].text == "x" }.query }
        #expect(error?.code == .invalidUse)
    }

    @Test("003-18: arrays")
    func arrays() throws {
        #expect(try condition(SOPVersion.where { $0.tags.contains("red") }) == #"("tags" @> $1) -- text[]"#)
        #expect(try condition(SOPVersion.where { $0.tags.contains(all: ["a", "b"]) }) == #"("tags" @> $1) -- text[]"#)
        #expect(try condition(SOPVersion.where { $0.tags.overlaps(["a", "b"]) }) == #"("tags" && $1) -- text[]"#)
    }

    private func condition<M>(_ select: Select<M>) throws -> String { try PostgresORMTests.condition(select) }
}
