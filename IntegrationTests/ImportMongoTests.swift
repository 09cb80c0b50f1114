import Foundation
import Postgres
import PostgresImport
import Testing

@Suite struct ImportMongoTests {
    static let customers = """
        {"_id":{"$oid":"5ca4bbcea2dd94ee58162a68"},"username":"fmiller","birthdate":{"$date":{"$numberLong":"-226117231000"}},\
        "score":{"$numberDouble":"1.5"},"accounts":[{"$numberInt":"371138"}],"tier":{"x":{"since":{"$date":"2009-04-01T00:00:00.000-0700"}}}}
        {"_id":{"$oid":"5ca4bbcea2dd94ee58162a69"},"username":"line\\nbreak \\"q\\" é😀","birthdate":{"$date":{"$numberLong":"761701587000"}},\
        "score":3,"active":true,"money":{"$numberDecimal":"12345678901234567890.1234567890"}}
        {"_id":{"$oid":"5ca4bbcea2dd94ee58162a6a"},"username":"","birthdate":{"$date":{"$numberLong":"0"}},"score":{"$numberDouble":"NaN"},\
        "weird":{"$exists":true,"$date":1},"r":{"$regularExpression":{"pattern":"^a","options":""}},"u":{"$undefined":true},"n":null}
        {"_id":{"$oid":"5ca4bbcea2dd94ee58162a6b"},"username":"x","birthdate":{"$date":{"$numberLong":"1"}},"score":2e2,"big":1e200}
        """

    static let books = """
        [
          { "_id" : 1, "title" : "Unlocking Android", "pageCount" : 416, "publishedDate" : { "$date" : "2009-04-01T00:00:00.000-0700" } },
          { "_id" : 2, "title" : "Android in Action", "pageCount" : 592.0, "publishedDate" : { "$date" : "2011-01-14T00:00:00.000-0800" } },
          { "_id" : { "$oid" : "53c2ae8528d75d572c06adbc" }, "title" : "Codec", "pageCount" : 0, "authors" : [] }
        ]
        """

    @Test func documentsArriveWhole() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(text: Self.customers)
            let report = try await importing(try MongoSource(path: file.path), into: database) { plan in
                plan.tables[0].target = "customers"
            }
            #expect(report.isComplete, "\(report.verification?.tables.first?.differences ?? [])")
            #expect(report.verification?.tables.first?.samples == 4)
            let types = try await database.text(
                """
                SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'customers'::regclass AND attnum > 0
                """)
            #expect(
                types
                    == "id text, username text, birthdate timestamp with time zone, score double precision, data jsonb")
            #expect(
                try await database.text("SELECT birthdate AT TIME ZONE 'UTC' FROM customers WHERE username = 'fmiller'")
                    == "1962-11-01 21:39:29")
            #expect(
                try await database.text("SELECT data #>> '{tier,x,since}' FROM customers WHERE username = 'fmiller'")
                    == "2009-04-01T07:00:00.000Z")
            // NaN is no JSON number: it keeps its Extended JSON form in the document.
            #expect(
                try await database.text("SELECT data #>> '{score,$numberDouble}' FROM customers WHERE username = ''")
                    == "NaN")
            #expect(
                try await database.text("SELECT data->>'money' FROM customers WHERE data ? 'money'")
                    == "12345678901234567890.1234567890")
            #expect(
                try await database.text("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%USING gin (data)%'")
                    == "1")
        }
    }

    @Test func keysOfSeveralTypesAreTextAndKeptInTheDocument() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(text: Self.books)
            let report = try await importing(try MongoSource(path: file.path), into: database) {
                $0.tables[0].target = "books"
            }
            #expect(report.isComplete)
            #expect(
                try await database.text("SELECT string_agg(id, ',' ORDER BY id) FROM books")
                    == "1,2,53c2ae8528d75d572c06adbc")
            #expect(try await database.text("SELECT jsonb_typeof(data->'_id') FROM books WHERE id = '1'") == "number")
            #expect(try await database.text("SELECT sum(page_count) FROM books") == "1008")
        }
    }

    static let damages: [(String, String)] = [
        ("UPDATE books SET title = 'Other' WHERE id = '1'", "title"),
        ("UPDATE books SET data = jsonb_set(data, '{_id}', '\"1\"') WHERE id = '1'", "the whole document"),
        ("UPDATE books SET data = data || '{\"more\":1}' WHERE id = '2'", "the whole document"),
        ("UPDATE books SET page_count = NULL WHERE id = '1'", "page_count"),
    ]

    @Test("a changed document is found", arguments: damages)
    func differences(damage: String, column: String) async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(text: Self.books)
            let source = try MongoSource(path: file.path)
            var plan = try source.makePlan()
            plan.tables[0].target = "books"
            #expect(try await Importer(source, plan: plan, into: database).run().isComplete)
            try await database.run("ALTER TABLE books ALTER page_count DROP NOT NULL")
            try await database.run(damage)
            let report = try await Verifier(source: source, plan: plan, in: database).run()
            #expect(!report.isEqual)
            #expect(report.tables[0].differences.contains { $0.column == column && $0.kind == .changed })
        }
    }

    @Test func truncatedFilesLeaveNothing() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(text: String(Self.customers.dropLast(20)))
            let error = await #expect(throws: ImportError.self) {
                try await importing(try MongoSource(path: file.path), into: database)
            }
            #expect(error?.code == .sourceInvalid)
            #expect(error?.message.contains("line 4") == true)
            let leftovers = try await database.leftovers()
            #expect(leftovers == "")
        }
    }
}
