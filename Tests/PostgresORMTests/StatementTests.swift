import PostgresORM
import Testing

@Suite("Statements become SQL")
struct StatementTests {
    static let columns = #""id", "project_id", "data", "is_active", "owner", "visits""#
    let ada = Project(projectID: "PRO-001", data: JSONB(ProjectData(sponsor: "Ada")))

    @Test("004-16: limit 0 and offset 0 are honoured, orders are columns")
    func select() throws {
        let columns = Self.columns
        #expect(text(try Project.select().query) == "SELECT \(columns) FROM \"projects\"")
        #expect(
            text(try Project.select().limit(0).offset(0).query)
                == "SELECT \(columns) FROM \"projects\" LIMIT $1 OFFSET $2 -- bigint, bigint")
        #expect(
            text(try Project.order { $0.owner.descending.nullsLast }.order { $0.id.ascending }.query)
                == "SELECT \(columns) FROM \"projects\" ORDER BY \"owner\" DESC NULLS LAST, \"id\" ASC")
        #expect(
            text(try Project.order { $0.owner.ascending.nullsFirst }.query)
                == "SELECT \(columns) FROM \"projects\" ORDER BY \"owner\" ASC NULLS FIRST")
        #expect(
            text(try Project.where { $0.isActive }.where { $0.visits > 1 }.query)
                == "SELECT \(columns) FROM \"projects\" WHERE (\"is_active\" AND (\"visits\" > $1)) -- bigint")
        #expect(failure { _ = try Project.select().limit(-1).query }?.code == .invalidUse)
        #expect(failure { _ = try Project.select().offset(-1).query }?.code == .invalidUse)
    }

    @Test func projection() throws {
        let pairs = Project.where { $0.isActive }.select { ($0.id, $0.data["sponsor"].text) }
        #expect(
            text(try pairs.query) == #"SELECT "id", ("data" ->> 'sponsor') FROM "projects" WHERE "is_active""#)
        #expect(text(try Project.select().select { $0.owner }.query) == #"SELECT "owner" FROM "projects""#)
    }

    @Test func update() throws {
        let update = Project.where { $0.id == 7 }.update {
            $0.set(\.isActive, to: false)
            $0.set(\.visits, to: $0.visits + 1)
            $0.set(\.owner, to: nil)
            $0.set(\.data, to: $0.data.merging(["sponsor": "Grace"]))
        }
        #expect(
            text(try update.query)
                == #"UPDATE "projects" SET "is_active" = $1, "visits" = ("visits" + $2), "owner" = $3, "#
                + #""data" = ("data" || $4) WHERE ("id" = $5) -- boolean, bigint, text, jsonb, bigint"#)
        #expect(failure { _ = try Project.select().update { _ in }.query }?.code == .invalidUse)
    }

    @Test("a limit holds for UPDATE and DELETE too")
    func limitedChange() throws {
        #expect(text(try Project.where { $0.isActive }.delete().query) == #"DELETE FROM "projects" WHERE "is_active""#)
        #expect(
            text(try Project.where { $0.isActive }.order { $0.id.ascending }.limit(1).delete().query)
                == #"DELETE FROM "projects" WHERE ("id") IN (SELECT "id" FROM "projects" WHERE "is_active" "#
                + #"ORDER BY "id" ASC LIMIT $1 FOR UPDATE) -- bigint"#)
        #expect(
            text(try SOPVersion.select().limit(2).update { $0.set(\.body, to: "") }.query)
                == #"UPDATE "app"."SOP ""versions""" SET "Body" = $1 WHERE ("sop_id", "version") IN "#
                + #"(SELECT "sop_id", "version" FROM "app"."SOP ""versions""" LIMIT $2 FOR UPDATE) -- text, bigint"#)
        #expect(failure { _ = try LogLine.select().limit(1).delete().query }?.code == .invalidUse)
    }

    @Test("an identity is left out of INSERT, unless it is to be kept")
    func insert() throws {
        #expect(
            text(try Insert([ada]).query)
                == #"INSERT INTO "projects" ("project_id", "data", "is_active", "owner", "visits") "#
                + "VALUES ($1, $2, $3, $4, $5) -- text, jsonb, boolean, text, bigint")
        #expect(
            text(try Insert([ada]).keepingIdentity().query)
                == #"INSERT INTO "projects" (\#(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6) "#
                + "-- bigint, text, jsonb, boolean, text, bigint")
        #expect(
            text(try Insert([ada, ada]).onConflictDoNothing().query)
                == #"INSERT INTO "projects" ("project_id", "data", "is_active", "owner", "visits") VALUES "#
                + "($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10) ON CONFLICT DO NOTHING "
                + "-- text, jsonb, boolean, text, bigint, text, jsonb, boolean, text, bigint")
        #expect(failure { _ = try Insert<Project>([]).query }?.code == .invalidUse)
    }

    @Test("a nil in a column with a default is left to the default; a generated column is not written")
    func defaults() throws {
        let fresh = Order(amount: 2, price: 1.5)
        let known = Order(id: "7", amount: 2, price: 1.5, note: "x")
        #expect(
            text(try Insert([fresh, known]).query)
                == #"INSERT INTO "orders" ("id", "amount", "price", "note") VALUES "#
                + "(DEFAULT, $1, $2, DEFAULT), ($3, $4, $5, $6) "
                + "-- bigint, double precision, text, bigint, double precision, text")
        #expect(
            text(try Insert([Tick(), Tick(number: 3)]).query)
                == #"INSERT INTO "ticks" ("number") VALUES (DEFAULT), (DEFAULT)"#)
    }

    @Test func upsert() throws {
        #expect(
            text(try Insert([ada]).onConflictUpdate(\.projectID).query)
                == #"INSERT INTO "projects" ("project_id", "data", "is_active", "owner", "visits") "#
                + "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (\"project_id\") DO UPDATE SET "
                + #""data" = EXCLUDED."data", "is_active" = EXCLUDED."is_active", "owner" = EXCLUDED."owner", "#
                + #""visits" = EXCLUDED."visits" -- text, jsonb, boolean, text, bigint"#)
        #expect(
            text(try Insert([Order(id: "7", amount: 1, price: 2)]).onConflictUpdate(\.id).query)
                == #"INSERT INTO "orders" ("id", "amount", "price") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE "#
                + #"SET "amount" = EXCLUDED."amount", "price" = EXCLUDED."price" -- text, bigint, double precision"#)
        #expect(
            text(try Insert([LogLine(text: "x")]).onConflictUpdate(\.text).query)
                == #"INSERT INTO "log" ("text") VALUES ($1) ON CONFLICT ("text") DO UPDATE "#
                + #"SET "text" = EXCLUDED."text" -- text"#)
        #expect(failure { _ = try Insert([ada]).onConflictUpdate(\.shortID).query }?.code == .invalidUse)
    }

    @Test("trap 36: 65,535 parameters go into one statement, one more does not")
    func parameterLimit() throws {
        let fits = Array(repeating: ada, count: 13_107)
        #expect(try Insert(fits).query.parameters.count == 65_535)
        #expect(failure { _ = try Insert(fits + [ada]).query }?.code == .invalidUse)
    }
}
