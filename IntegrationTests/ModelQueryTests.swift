import PostgresORM
import Testing

@Suite("Models are queried")
struct ModelQueryTests {
    /// Ten projects: PRO-001 to PRO-010.
    private func withProjects(_ body: (PostgresPool) async throws -> Void) async throws {
        try await withModelTables { (pool) async throws in
            try await Project.insert((1...10).map(Self.project), in: pool)
            try await body(pool)
        }
    }

    private static func project(_ number: Int) -> Project {
        let data = ProjectData(
            sponsor: number % 2 == 0 ? "Ada" : nil, budget: Double(number) / 2,
            tags: number > 5 ? ["red"] : ["blue", "red"], team: [ProjectData.Member(name: "N\(number)")])
        return Project(
            projectID: number < 10 ? "PRO-00\(number)" : "PRO-010", data: JSONB(data), isActive: number % 3 != 0,
            owner: number > 8 ? nil : "owner \(number)")
    }

    /// The numbers of the projects that a condition chooses.
    private func numbers(
        in pool: PostgresPool, _ condition: (Columns<Project>) -> SQLExpression<Bool>
    ) async throws -> [Int] {
        try await Project.where(condition).order { $0.id.ascending }.select { $0.id }.all(in: pool)
    }

    @Test func conditions() async throws {
        try await withProjects { (pool) async throws in
            #expect(try await numbers(in: pool) { $0.isActive == false } == [3, 6, 9])
            #expect(try await numbers(in: pool) { !$0.isActive || $0.id > 9 } == [3, 6, 9, 10])
            #expect(try await numbers(in: pool) { $0.projectID == "PRO-004" } == [4])
            #expect(try await numbers(in: pool) { $0.projectID.in(["PRO-004", "PRO-002", "x"]) } == [2, 4])
            #expect(try await numbers(in: pool) { $0.id.in([]) } == [])
            #expect(try await numbers(in: pool) { $0.id.in([1, 1_000_000_000_000]) } == [1])
            #expect(try await numbers(in: pool) { $0.owner.in(["owner 3"]) } == [3])
            #expect(try await numbers(in: pool) { $0.id.between(3, and: 5) } == [3, 4, 5])
            #expect(try await numbers(in: pool) { $0.owner.like("owner _") && $0.id <= 2 } == [1, 2])
            #expect(try await numbers(in: pool) { $0.owner.ilike("OWNER 7") } == [7])
            #expect(try await numbers(in: pool) { $0.id * 2 == $0.id + 3 } == [3])
            #expect(try await numbers(in: pool) { _ in .sql("length(owner) = \(7) AND id < \(3)") } == [1, 2])
        }
    }

    @Test("004-15: NULL: three values of truth, and nil means IS NULL")
    func nulls() async throws {
        try await withProjects { (pool) async throws in
            let nobody: String? = nil
            #expect(try await numbers(in: pool) { $0.owner == nil } == [9, 10])
            #expect(try await numbers(in: pool) { $0.owner == nobody } == [9, 10])
            #expect(try await numbers(in: pool) { $0.owner != nil }.count == 8)
            #expect(try await numbers(in: pool) { $0.owner != "owner 1" }.count == 7)
            #expect(try await numbers(in: pool) { !($0.owner == "owner 1") }.count == 7)
            #expect(try await numbers(in: pool) { $0.owner.isDistinct(from: "owner 1") }.count == 9)
        }
    }

    @Test("004-20: paths, casts, containment and existence in documents")
    func documents() async throws {
        try await withProjects { (pool) async throws in
            #expect(try await numbers(in: pool) { $0.data["sponsor"].text == "Ada" } == [2, 4, 6, 8, 10])
            #expect(try await numbers(in: pool) { $0.data["sponsor"].text == nil && $0.isActive } == [1, 5, 7])
            #expect(try await numbers(in: pool) { $0.data["team"][0]["name"].text == "N3" } == [3])
            #expect(try await numbers(in: pool) { $0.data["team"][-1]["name"].json == "N3" } == [3])
            #expect(try await numbers(in: pool) { $0.data["budget"].double >= 4.5 } == [9, 10])
            #expect(try await numbers(in: pool) { $0.data["budget"].as(PostgresNumeric.self) == 2 } == [4])
            #expect(try await numbers(in: pool) { $0.data.contains(["sponsor": "Ada"]) && $0.id < 5 } == [2, 4])
            #expect(try await numbers(in: pool) { $0.data.contains(["tags": ["blue"], "budget": 1]) } == [2])
            #expect(try await numbers(in: pool) { $0.data["tags"].contains(["blue"]) } == [1, 2, 3, 4, 5])
            #expect(try await numbers(in: pool) { $0.data["tags"].has("blue") } == [1, 2, 3, 4, 5])
            #expect(try await numbers(in: pool) { $0.data["tags"].hasAny(["blue", "x"]) } == [1, 2, 3, 4, 5])
            #expect(try await numbers(in: pool) { $0.data["tags"].hasAll(["blue", "red"]) } == [1, 2, 3, 4, 5])
            #expect(try await numbers(in: pool) { $0.data.has("nothing") } == [])
            #expect(try await numbers(in: pool) { $0.data["it's \\ \" $1"].text == "x" } == [])
        }
    }

    @Test("a condition on a document's path uses an index on that path")
    func pathIndex() async throws {
        try await withProjects { (pool) async throws in
            try await pool.execute("CREATE INDEX ON projects ((data ->> 'sponsor'))")
            let query = try Project.where { $0.data["sponsor"].text == "Ada" }.query
            try await pool.withConnection { connection in
                try await connection.execute("SET enable_seqscan = off")
                try await connection.execute("SET plan_cache_mode = force_generic_plan")
                let plan = try await connection.query("EXPLAIN \(query)", as: String.self).collect()
                #expect(plan.contains { $0.contains("Index") })
            }
        }
    }

    @Test("004-16: order, limit and offset, 0 included")
    func window() async throws {
        try await withProjects { (pool) async throws in
            let byOwner = Project.order { $0.owner.descending.nullsLast }.order { $0.id.descending }
            #expect(try await byOwner.limit(2).all(in: pool).map(\.id) == [8, 7])
            #expect(try await byOwner.offset(8).all(in: pool).map(\.id) == [10, 9])
            #expect(try await byOwner.limit(0).all(in: pool) == [])
            #expect(try await byOwner.limit(0).first(in: pool) == nil)
            #expect(try await byOwner.offset(0).first(in: pool)?.id == 8)
            #expect(try await Project.order { $0.owner.ascending.nullsFirst }.first(in: pool)?.owner == nil)
            #expect(try await Project.select().count(in: pool) == 10)
            #expect(try await Project.select().limit(3).count(in: pool) == 3)
            #expect(try await Project.select().offset(8).count(in: pool) == 2)
            #expect(try await Project.where { $0.id > 10 }.exists(in: pool) == false)
            #expect(try await Project.where { $0.id > 9 }.exists(in: pool))
        }
    }

    @Test func tuples() async throws {
        try await withProjects { (pool) async throws in
            let pairs = try await Project.where { $0.id < 3 }.order { $0.id.ascending }
                .select { ($0.projectID, $0.data["sponsor"].text, $0.data["tags"].json) }.all(in: pool)
            #expect(pairs.map(\.0) == ["PRO-001", "PRO-002"])
            #expect(pairs.map(\.1) == [nil, "Ada"])
            #expect(pairs.map(\.2) == [["blue", "red"], ["blue", "red"]])
        }
    }

    @Test func stream() async throws {
        try await withProjects { (pool) async throws in
            var sum = 0
            let rows = try await Project.where { $0.isActive }.rows(in: pool)
            for try await project in rows { sum += project.id }
            #expect(sum == 1 + 2 + 4 + 5 + 7 + 8 + 10)
        }
    }

    @Test("000-11, 004-18: updates are done by the server and can give the rows back")
    func update() async throws {
        try await withProjects { (pool) async throws in
            let changed = try await Project.where { $0.id <= 2 }.update {
                $0.set(\.price, to: $0.price + 2)
                $0.set(\.owner, to: nil)
                $0.set(\.data, to: $0.data.merging(["sponsor": "Grace"]))
            }.returning(in: pool)
            #expect(changed.count == 2)
            #expect(changed.allSatisfy { $0.price == 2 && $0.owner == nil && $0.data.value.sponsor == "Grace" })
            #expect(changed.allSatisfy { $0.data.value.team.count == 1 })
            #expect(try await Project.where { $0.isActive }.update(in: pool) { $0.set(\.isActive, to: false) } == 7)
            #expect(try await Project.where { $0.id > 99 }.update(in: pool) { $0.set(\.isActive, to: true) } == 0)
        }
    }

    @Test("find one and update it, delete the first few: a limit holds")
    func limitedChanges() async throws {
        try await withProjects { (pool) async throws in
            let one = try await Project.where { $0.isActive }.order { $0.id.descending }.limit(1)
                .update { $0.set(\.isActive, to: false) }.returning(in: pool)
            #expect(one.map(\.id) == [10])
            let gone = try await Project.order { $0.id.ascending }.limit(3).delete().returning(in: pool)
            #expect(gone.map(\.id).sorted() == [1, 2, 3])
            #expect(try await Project.select().limit(0).delete(in: pool) == 0)
            #expect(try await Project.select().delete(in: pool) == 7)
        }
    }

    @Test("003-18: arrays and enums in conditions")
    func arrays() async throws {
        try await withProjects { (pool) async throws in
            try await Version.insert(
                [
                    Version(projectID: 1, number: 1, status: .draft, tags: ["a", "b"]),
                    Version(projectID: 1, number: 2, status: .published, tags: ["b"]),
                    Version(projectID: 2, number: 1, status: .published, tags: []),
                ], in: pool)
            #expect(try await Version.where { $0.tags.contains("a") }.count(in: pool) == 1)
            #expect(try await Version.where { $0.tags.contains(all: ["a", "b"]) }.count(in: pool) == 1)
            #expect(try await Version.where { $0.tags.overlaps(["a", "b"]) }.count(in: pool) == 2)
            #expect(try await Version.where { $0.tags == [] }.count(in: pool) == 1)
            #expect(try await Version.where { $0.status == .published }.count(in: pool) == 2)
        }
    }

    @Test("a value that does not fit names its column; the statement is not run")
    func wrongValue() async throws {
        try await withProjects { (pool) async throws in
            await #expect(throws: PostgresError.self) { try await Project.find("one", in: pool) }
            let tooLong = Project(projectID: "PRO-00000000001")
            await #expect(throws: PostgresError.self) { try await tooLong.insert(in: pool) }
        }
    }
}
