import Foundation
import Testing

@testable import PostgresORM

@Suite("Writing one model")
struct ModelStatementTests {
    static let returning = #"RETURNING "id", "project_id", "data", "is_active", "owner", "visits""#
    let new = Project(projectID: "PRO-001", data: JSONB(ProjectData()))
    var known: Project {
        var known = new
        known.id = 7
        return known
    }

    @Test("a model without an identity is inserted, one with an identity is upserted by it")
    func save() throws {
        #expect(
            text(try new.saveQuery())
                == #"INSERT INTO "projects" ("project_id", "data", "is_active", "owner", "visits") "#
                + "VALUES ($1, $2, $3, $4, $5) \(Self.returning) -- text, jsonb, boolean, text, bigint")
        #expect(
            text(try known.saveQuery())
                == #"INSERT INTO "projects" ("id", "project_id", "data", "is_active", "owner", "visits") "#
                + #"VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ("id") DO UPDATE SET "#
                + #""project_id" = EXCLUDED."project_id", "data" = EXCLUDED."data", "#
                + #""is_active" = EXCLUDED."is_active", "owner" = EXCLUDED."owner", "visits" = EXCLUDED."visits" "#
                + "\(Self.returning) -- bigint, text, jsonb, boolean, text, bigint")
        #expect(failure { _ = try LogLine(text: "x").saveQuery() }?.code == .invalidUse)
    }

    @Test("001-17: a key that the server makes is one when it is nil")
    func saveWithKeyByDefault() throws {
        #expect(
            text(try Order(amount: 1, price: 2).saveQuery())
                == #"INSERT INTO "orders" ("id", "amount", "price", "note") VALUES (DEFAULT, $1, $2, DEFAULT) "#
                + #"RETURNING "id", "amount", "price", "total", "note" -- bigint, double precision"#)
        #expect(try Order(id: "7", amount: 1, price: 2).saveQuery().sql.contains(#"ON CONFLICT ("id") DO UPDATE"#))
    }

    @Test func update() throws {
        #expect(
            text(try known.updateQuery())
                == #"UPDATE "projects" SET "project_id" = $1, "data" = $2, "is_active" = $3, "owner" = $4, "#
                + #""visits" = $5 WHERE "id" = $6 \#(Self.returning) -- text, jsonb, boolean, text, bigint, bigint"#)
        #expect(
            text(try SOPVersion(sopID: "a", version: 1, body: "", tags: []).updateQuery())
                == #"UPDATE "app"."SOP ""versions""" SET "Body" = $1, "tags" = $2 WHERE "sop_id" = $3 AND "#
                + #""version" = $4 RETURNING "sop_id", "version", "Body", "tags" -- text, text[], text, bigint"#)
        // In UPDATE a nil is NULL, whatever the default: the model is the row.
        #expect(
            text(try Order(id: "7", amount: 1, price: 2).updateQuery())
                == #"UPDATE "orders" SET "amount" = $1, "price" = $2, "note" = $3 WHERE "id" = $4 "#
                + #"RETURNING "id", "amount", "price", "total", "note" -- bigint, double precision, text, text"#)
        #expect(failure { _ = try Tick(number: 1).updateQuery() }?.code == .invalidUse)
        #expect(failure { _ = try LogLine(text: "x").updateQuery() }?.code == .invalidUse)
    }

    @Test func delete() throws {
        #expect(text(try known.deleteQuery()) == #"DELETE FROM "projects" WHERE "id" = $1 -- bigint"#)
        #expect(failure { _ = try LogLine(text: "x").deleteQuery() }?.code == .invalidUse)
    }

    @Test func find() throws {
        #expect(
            text(try SOPVersion.findQuery("SOP-001", 3))
                == #"SELECT "sop_id", "version", "Body", "tags" FROM "app"."SOP ""versions""" "#
                + #"WHERE "sop_id" = $1 AND "version" = $2 -- text, bigint"#)
        #expect(failure { _ = try Project.findQuery(1, 2) }?.message.contains("1 columns; 2 were given") == true)
        #expect(failure { _ = try SOPVersion.findQuery("SOP-001") }?.code == .invalidUse)
        #expect(failure { _ = try LogLine.findQuery(1) }?.code == .invalidUse)
    }

    @Test("keys that are asked for together are one array, of the type of their kind")
    func findTogether() throws {
        let columns = #""id", "project_id", "data", "is_active", "owner", "visits""#
        #expect(
            text(try Project.findQuery([.integer(1), .integer(7)]))
                == #"SELECT \#(columns) FROM "projects" WHERE "id" = ANY($1) -- bigint[]"#)
        #expect(text(try Project.findQuery([.text("a")])).hasSuffix("-- text[]"))
        #expect(text(try Project.findQuery([.uuid(UUID())])).hasSuffix("-- uuid[]"))
        #expect(failure { _ = try LogLine.findQuery([.integer(1)]) }?.code == .invalidUse)
    }

    @Test("keys are told apart by their numbers and bytes; what is no single key of a known type is none")
    func lookupKeys() {
        #expect(LookupKey(Int16(7)) == LookupKey(7))
        #expect(LookupKey("\u{E9}") != LookupKey("e\u{301}"))
        #expect(Set(["\u{E9}", "e\u{301}", "e"].compactMap { LookupKey($0) }).count == 3)
        #expect(LookupKey(Int?.none) == nil)
        #expect(LookupKey(Int?.some(7)) == .integer(7))
        #expect(LookupKey(1.5) == nil)
        #expect(LookupKey(only: 1, 2) == nil)
        #expect(SOPVersion.schema.table.gatheredKey == nil)
        #expect(Project.schema.table.gatheredKey?.kind == .integer)
    }

    @Test("a batch that nobody wants any more takes nobody in: its statement is being cancelled")
    func givenUp() async {
        let (batch, place) = KeyBatch<Project>.begin(with: .integer(1), from: PostgresCaller())
        #expect(batch.join(.integer(2), maximum: 2) == 1)
        for place in [place, 1] {
            let task = Task { _ = await batch.outcome(at: place) }
            task.cancel()
            await task.value
        }
        #expect(batch.join(.integer(3), maximum: 10) == nil)
        #expect(batch.close().isEmpty)
    }

    @Test("counting honours a limit, existence asks for one row")
    func countAndExists() throws {
        #expect(text(try Project.select().countQuery) == #"SELECT count(*) FROM "projects""#)
        #expect(
            text(try Project.select().limit(10).countQuery)
                == #"SELECT count(*) FROM (SELECT 1 FROM "projects" LIMIT $1) AS "rows" -- bigint"#)
        #expect(text(try Project.select().existsQuery) == #"SELECT EXISTS (SELECT 1 FROM "projects")"#)
    }

    @Test("the first row is asked for alone, a smaller limit stays")
    func firstRow() throws {
        #expect(Project.select().atMost(1).limit == 1)
        #expect(Project.select().limit(0).atMost(1).limit == 0)
        #expect(Project.select().limit(9).atMost(1).limit == 1)
    }

    @Test("many models go by as few statements as there may be, or by COPY where it can say the same")
    func chunks() {
        let many = Insert(Array(repeating: new, count: 2_500))
        #expect(many.chunks.map(\.count) == [1_000, 1_000, 500])
        #expect(many.canCopy)
        #expect(many.copyColumnNames == ["project_id", "data", "is_active", "owner", "visits"])
        #expect(many.keepingIdentity().copyColumnNames.first == "id")
        let order = Order(id: "7", amount: 1, price: 2, note: "x")
        #expect(Insert([order]).canCopy)
        #expect(!Insert([order, Order(id: "8", amount: 1, price: 2)]).canCopy)
        #expect(!Insert([Tick(number: 1)]).canCopy)
        #expect(Insert([Tick(number: 1)]).keepingIdentity().canCopy)
        #expect(!Insert([Tick()]).keepingIdentity().canCopy)
    }

    @Test("COPY begins where it is faster: at 400 values")
    func preference() {
        #expect(!Insert(Array(repeating: new, count: 79)).prefersCopy)
        #expect(Insert(Array(repeating: new, count: 80)).prefersCopy)
        #expect(!Insert(Array(repeating: Order(amount: 1, price: 2), count: 1_000)).prefersCopy)
    }

    @Test("wide tables get fewer rows into a statement")
    func wideTable() {
        #expect(Insert<Wide>([]).modelsPerStatement == 65_535 / 70)
    }
}
