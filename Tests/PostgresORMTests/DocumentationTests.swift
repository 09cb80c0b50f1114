import PostgresORM
import Testing

/// The examples of the documentation, so that they go on compiling.
@Suite("The documentation's examples")
struct DocumentationTests {
    @Test("statements of the articles are what the articles say")
    func statements() throws {
        let limit = "1 year"
        #expect(
            try condition(Project.where { $0.data["team"][0]["name"].text == "Ada" })
                == #"(((("data" -> 'team') -> 0) ->> 'name') = $1) -- text"#)
        #expect(
            try condition(Project.where { $0.data["budget"].double > 1_000 })
                == #"((("data" ->> 'budget'))::double precision > $1) -- double precision"#)
        #expect(
            try condition(Project.where { _ in .sql("age(\(identifier: "born")) > \(limit)::interval") })
                == #"(age("born") > $1::interval) -- text"#)
    }

    /// Compiled, not run: there is no server here.
    func examples(in pool: PostgresPool, _ project: Project, _ projects: [Project]) async throws {
        try await Project.createTable(in: pool)
        let inserted = try await project.insert(in: pool)
        try await inserted.update(in: pool)
        try await inserted.save(in: pool)
        try await inserted.upsert(on: \.projectID, in: pool)
        try await inserted.delete(in: pool)

        try await Project.insert(projects, in: pool)
        _ = try await Insert(projects).returning(in: pool)
        try await Project.upsert(projects, on: \.projectID, in: pool)
        try await Insert(projects).onConflictDoNothing().run(in: pool)

        _ = try await Project.find(7, in: pool)
        _ = try await SOPVersion.find("SOP-001", 3, in: pool)
        let reads = CoalescingPool(pool)
        _ = try await Project.find(7, in: reads)
        _ = try await Project.where { $0.isActive == true && $0.data["sponsor"].text == "Ada" }
            .order { $0.projectID.ascending }
            .limit(20)
            .all(in: pool)
        _ = try await Project.where { $0.isActive == true && $0.owner != nil }
            .order { $0.owner.ascending.nullsFirst }.order { $0.id.descending }
            .limit(20).offset(40)
            .all(in: pool)
        _ = try await Project.where { $0.projectID.in(["PRO-001", "PRO-002"]) }.count(in: pool)
        _ = try await Project.select().select { ($0.id, $0.projectID) }.all(in: pool)

        try await Project.where { $0.isActive == false }.delete(in: pool)
        _ = try await Project.where { $0.projectID == "PRO-001" }.update {
            $0.set(\.visits, to: $0.visits + 1)
            $0.set(\.data, to: $0.data.merging(["status": "done"]))
        }.returning(in: pool)
        try await pool.withTransaction { transaction in
            try await project.save(in: transaction)
            try await Project.where { $0.id == 7 }.update(in: transaction) { $0.set(\.isActive, to: false) }
        }
    }
}
