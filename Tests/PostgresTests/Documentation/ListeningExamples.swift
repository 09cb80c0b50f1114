import Postgres

/// The examples of the article Listening for notifications.
enum ListeningExamples {
    /// A channel is a sequence
    static func listening(to pool: PostgresPool) async throws {
        for await note in try await pool.listen("jobs") {
            print(note.channel, note.payload)
        }
    }

    /// A channel is a sequence
    static func sending(in pool: PostgresPool, job: Int) async throws {
        try await pool.withTransaction { tx in
            try await tx.execute("INSERT INTO jobs (id) VALUES (\(job))")
            try await tx.notify("jobs", "\(job)")
        }
    }

    /// Gaps
    static func gaps(
        in pool: PostgresPool, work: (String) async -> Void, lookForWork: () async -> Void
    ) async throws {
        for await event in try await pool.listen("jobs").events {
            switch event {
            case .notification(let note):
                await work(note.payload)
            case .gap:
                await lookForWork()
            }
        }
    }

    /// One connection for all
    static func keepAlive(_ configuration: PostgresConfiguration) throws -> PostgresPool {
        let pool = try PostgresPool(
            configuration,
            listening: PostgresListenOptions(keepAliveInterval: .seconds(10), keepAliveTimeout: .seconds(5)))
        return pool
    }

    /// Through a pooler
    static func direct() throws -> PostgresPool {
        let direct = try PostgresConfiguration("postgres://app@db.example.com:5432/app")
        let pool = try PostgresPool(
            try PostgresConfiguration("postgres://app@pooler.example.com:6432/app"),
            listening: PostgresListenOptions(configuration: direct))
        return pool
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
