import PostgresORM
import Testing

@Suite("Models are written")
struct ModelWritingTests {
    static let ada = Project(
        projectID: "PRO-001", data: JSONB(ProjectData(sponsor: "Ada", tags: ["red", "blue"])),
        price: PostgresNumeric("12.5") ?? 0)

    /// A project that says everything, so that COPY can take it.
    static func project(_ number: Int) -> Project {
        Project(
            projectID: "PRO-\(1_000 + number)", data: JSONB(ProjectData(budget: Double(number))),
            isActive: number % 2 == 0, owner: number % 3 == 0 ? nil : "x", price: PostgresNumeric("1.25") ?? 0,
            createdAt: PostgresTimestampTZ(microsecondsSince2000: 1))
    }

    @Test("insert gives identity, defaults and scale back; update, delete and find go by the key")
    func roundTrip() async throws {
        try await withModelTables { (pool) async throws in
            let inserted = try await Self.ada.insert(in: pool)
            #expect(inserted.id == 1)
            #expect(inserted.data == Self.ada.data)
            #expect(inserted.price.description == "12.50")
            #expect(inserted.createdAt != nil)
            #expect(try await Project.find(1, in: pool) == inserted)
            #expect(try await Project.find(2, in: pool) == nil)

            var changed = inserted
            changed.owner = "Grace"
            changed.createdAt = nil
            let updated = try await changed.update(in: pool)
            #expect(updated == changed)
            #expect(try await updated.delete(in: pool))
            #expect(try await !updated.delete(in: pool))
            await #expect(throws: PostgresError.self) { try await updated.update(in: pool) }
        }
    }

    @Test("save inserts what is new and updates what is known, and leaves alone what is not said")
    func save() async throws {
        try await withModelTables { (pool) async throws in
            var project = try await Self.ada.save(in: pool)
            let createdAt = project.createdAt
            project.owner = "Grace"
            project.createdAt = nil
            let saved = try await project.save(in: pool)
            #expect(saved.id == project.id)
            #expect(saved.owner == "Grace")
            #expect(saved.createdAt == createdAt)

            let other = try await Project(id: 70, projectID: "PRO-070").save(in: pool)
            #expect(other.id == 70)
            #expect(try await Project.count(in: pool) == 2)

            let wide = try await Wide().save(in: pool)
            #expect(wide.id != nil)
            #expect(wide.total == 3)
            var larger = wide
            larger.a = 10
            #expect(try await larger.save(in: pool).total == 12)
            #expect(try await Wide.count(in: pool) == 1)
        }
    }

    @Test("composite keys, enums and arrays")
    func compositeKey() async throws {
        try await withModelTables { (pool) async throws in
            let project = try await Self.ada.insert(in: pool)
            let version = Version(projectID: project.id, number: 3, status: .published, tags: ["a", "b"])
            #expect(try await version.insert(in: pool) == version)
            #expect(try await Version.find(project.id, 3, in: pool) == version)
            #expect(try await Version.find(project.id, 4, in: pool) == nil)
            var draft = version
            draft.status = .draft
            #expect(try await draft.save(in: pool) == draft)
            #expect(try await Version.all(in: pool) == [draft])
            // The foreign key cascades.
            try await project.delete(in: pool)
            #expect(try await Version.count(in: pool) == 0)
        }
    }

    @Test("001-18: what the schema forbids is an error of its own kind")
    func violations() async throws {
        try await withModelTables { (pool) async throws in
            try await Self.ada.insert(in: pool)
            await #expect { try await Self.ada.insert(in: pool) } throws: { SQLState.uniqueViolation ~= $0 }
            let wrong = Project(projectID: "X-1")
            await #expect { try await wrong.insert(in: pool) } throws: { SQLState.checkViolation ~= $0 }
            let orphan = Version(projectID: 99, number: 1)
            await #expect { try await orphan.insert(in: pool) } throws: { SQLState.foreignKeyViolation ~= $0 }
        }
    }

    @Test("upsert on a unique column: one, several, and more than one statement takes")
    func upsert() async throws {
        try await withModelTables { (pool) async throws in
            let first = try await Self.ada.upsert(on: \.projectID, in: pool)
            var again = Self.ada
            again.owner = "Grace"
            let second = try await again.upsert(on: \.projectID, in: pool)
            #expect(second.id == first.id)
            #expect(second.owner == "Grace")
            #expect(second.createdAt == first.createdAt)

            let many = (1...2_500).map { Project(projectID: "PRO-\(String(1_000 + $0))", owner: "x") } + [again]
            #expect(try await Project.upsert(many, on: \.projectID, in: pool).count == 2_501)
            #expect(try await Project.upsert(many, on: \.projectID, in: pool).count == 2_501)
            #expect(try await Project.count(in: pool) == 2_501)
        }
    }

    @Test("trap 94: the same key twice in one upsert is the server's error, and nothing is written")
    func upsertTwice() async throws {
        try await withModelTables { (pool) async throws in
            await #expect(throws: PostgresError.self) {
                try await Project.upsert([Self.ada, Self.ada], on: \.projectID, in: pool)
            }
            #expect(try await Project.count(in: pool) == 0)
        }
    }

    @Test("a few models go by INSERT and many by COPY, with the same result", arguments: [1, 66, 67, 5_000])
    func insertMany(count: Int) async throws {
        try await withModelTables { (pool) async throws in
            let projects = (0..<count).map(Self.project)
            #expect(try await Project.insert(projects, in: pool) == count)
            let read = try await Project.order { $0.id.ascending }.all(in: pool)
            #expect(read.map(\.id) == Array(1...count))
            #expect(read.map(\.projectID) == projects.map(\.projectID))
            #expect(read.map(\.data) == projects.map(\.data))
            #expect(read.map(\.owner) == projects.map(\.owner))
            #expect(read.map(\.price) == projects.map(\.price))

            // Identities that are kept, by both ways.
            try await Project.select().delete(in: pool)
            #expect(try await Project.insert(read, keepingIdentity: true, in: pool) == count)
            #expect(try await Project.order { $0.id.ascending }.all(in: pool) == read)
        }
    }

    @Test("trap 36: an insertion of more values than a statement has parameters, given back with what the server made")
    func insertReturning() async throws {
        try await withModelTables { (pool) async throws in
            // A nil that the default fills keeps COPY out.
            let projects = (0..<12_000).map { Project(projectID: "PRO-\(1_000 + $0)") }
            #expect(try await Project.insert(projects, in: pool) == 12_000)
            let more = try await Insert((0..<2_500).map { Project(projectID: "PRO-\(20_000 + $0)") }).returning(
                in: pool)
            #expect(more.map(\.id) == Array(12_001...14_500))
            #expect(more.allSatisfy { $0.createdAt != nil })
        }
    }

    @Test("all or none: a row that is refused takes the others with it", arguments: [50, 2_500])
    func atomic(count: Int) async throws {
        try await withModelTables { (pool) async throws in
            let now = PostgresTimestampTZ(microsecondsSince2000: 1)
            for createdAt in [nil, now] {
                var projects = (0..<count).map { Project(projectID: "PRO-\(1_000 + $0)", createdAt: createdAt) }
                projects[count - 1].projectID = "PRO-1000"
                await #expect { try await Project.insert(projects, in: pool) } throws: {
                    SQLState.uniqueViolation ~= $0
                }
                #expect(try await Project.count(in: pool) == 0)
            }
        }
    }

    @Test("a conflict may be passed over")
    func doNothing() async throws {
        try await withModelTables { (pool) async throws in
            try await Self.ada.insert(in: pool)
            let more = [Self.ada, Project(projectID: "PRO-002")]
            #expect(try await Insert(more).onConflictDoNothing().run(in: pool) == 1)
        }
    }

    @Test("inside a transaction everything is of the transaction")
    func transaction() async throws {
        struct Stop: Error {}
        try await withModelTables { (pool) async throws in
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { transaction in
                    try await Self.ada.insert(in: transaction)
                    try await Project.insert(
                        (0..<1_500).map { Project(projectID: "PRO-\(1_000 + $0)") }, in: transaction)
                    #expect(try await Project.count(in: transaction) == 1_501)
                    throw Stop()
                }
            }
            #expect(try await Project.count(in: pool) == 0)
        }
    }

    @Test("trap 77: tables are created by several at once, and creating them again changes nothing")
    func createTogether() async throws {
        try await withModelTables { (pool) async throws in
            try await Version.dropTable(in: pool)
            try await Project.dropTable(cascade: true, in: pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Project.createTable(in: pool) }
                }
                try await group.waitForAll()
            }
            try await Self.ada.insert(in: pool)
            try await Project.createTable(in: pool)
            #expect(try await Project.count(in: pool) == 1)
            let indexes = try await pool.query(
                "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'projects'",
                as: String.self
            ).collect()
            #expect(
                Set(indexes) == [
                    "projects_pkey", "projects_project_id_key", "projects_data_idx", "projects_is_active_idx",
                ])
        }
    }
}
