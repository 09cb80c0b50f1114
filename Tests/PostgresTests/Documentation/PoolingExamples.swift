import Foundation
import Postgres

/// The examples of the articles Pooling, and Cancellation and deadlines.
enum PoolingExamples {
    struct Request: Sendable {
        var path: String
    }

    /// One pool for the application
    static func pool() throws -> PostgresPool {
        let pool = try PostgresPool(
            try .fromEnvironment(), options: PostgresPoolOptions(maximumConnections: 8, minimumConnections: 1))
        return pool
    }

    /// One pool for the application
    static func warmUp(_ pool: PostgresPool) async throws {
        try await pool.warmUp(timeout: .seconds(60))
    }

    /// What comes back
    static func reset() throws -> PostgresPool {
        let pool = try PostgresPool(
            try .fromEnvironment(),
            options: PostgresPoolOptions(reset: .always("RESET ALL; SELECT pg_advisory_unlock_all()")))
        return pool
    }

    /// Hooks
    static func hooks() throws -> PostgresPool {
        var hooks = PostgresPoolHooks()
        hooks.onConnect = { connection in
            try await connection.execute("LOAD 'auto_explain'")
        }
        let pool = try PostgresPool(try .fromEnvironment(), hooks: hooks)
        return pool
    }

    /// Changing it while it runs
    static func changing(_ pool: PostgresPool, newPassword: String) async throws {
        pool.resize(maximum: 20, minimum: 2)

        var configuration = try PostgresConfiguration.fromEnvironment()
        configuration.password = newPassword
        try await pool.reconfigure(configuration)
    }

    /// Looking at it
    static func health(of pool: PostgresPool) async -> (status: Int, body: String) {
        let health = await pool.health()
        let answer = (status: health.status == .healthy ? 200 : 503, body: health.json)
        return answer
    }

    /// Queries that share a connection
    static func sharing() throws -> PostgresPool {
        let pool = try PostgresPool(
            try .fromEnvironment(), options: PostgresPoolOptions(maximumConnections: 8, queriesPerConnection: 4))
        return pool
    }

    /// Three ways to use a connection
    static func connection(of pool: PostgresPool, ids: [Int]) async throws {
        try await pool.withConnection { connection in
            for id in ids {
                try await connection.execute("UPDATE users SET seen_at = now() WHERE id = \(id)")
            }
        }
    }

    /// Three ways to use a connection
    static func taskExecutor(of pool: PostgresPool, requests: [Request]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for request in requests {
                group.addTask(executorPreference: pool.taskExecutor) {
                    try await pool.execute("INSERT INTO hits (path) VALUES (\(request.path))")
                }
            }
            try await group.waitForAll()
        }
    }

    /// Looking at it
    static func statistics(of pool: PostgresPool) {
        let now = pool.statistics
        print("\(now.leased) in use, \(now.idle) idle, \(now.waiting) tasks waiting, \(now.timeouts) gave up so far")
    }

    /// The end
    static func closing(_ pool: PostgresPool) async {
        await pool.close()
    }
}

enum CancellationExamples {
    /// Cancelling
    static func cancelling(in pool: PostgresPool) async -> Result<[(String, Decimal)], any Error> {
        let report = Task {
            try await pool.query("SELECT * FROM slow_report", as: (String, Decimal).self).collect()
        }
        report.cancel()
        return await report.result
    }

    /// Deadlines
    static func deadline(in pool: PostgresPool) async throws -> [PostgresRow] {
        let rows = try await pool.query("SELECT * FROM slow_report", timeout: .seconds(2))
        return try await rows.collect()
    }

    /// Deadlines
    static func serverDeadline(in pool: PostgresPool, account: Int) async throws {
        try await pool.withTransaction { tx in
            try await tx.execute("SET LOCAL statement_timeout = '5s'")
            try await tx.execute("SET LOCAL lock_timeout = '1s'")
            try await tx.execute("UPDATE accounts SET balance = 0 WHERE id = \(account)")
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
