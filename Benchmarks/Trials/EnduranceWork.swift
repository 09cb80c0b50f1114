import Postgres

extension Endurance {
    /// One kind of what is done at once.
    enum Work: String, CaseIterable, Sendable {
        case query, batch, transaction, copyIn, copyOut, stream, cancel, loss

        /// How many tasks do it.
        var tasks: Int {
            switch self {
            case .query: 10
            case .batch, .transaction, .stream, .cancel: 2
            case .copyIn, .copyOut, .loss: 1
            }
        }

        func once(_ pool: PostgresPool, _ table: String) async throws {
            switch self {
            case .query: try await query(pool)
            case .batch:
                let statement = PostgresStatement("SELECT $1::int4, repeat('x', 100)")
                let queries = (0..<100).map { statement(Int32($0)) }
                try await pool.withConnection { for rows in try await $0.batch(queries) { for try await _ in rows {} } }
            case .transaction:
                try await pool.withTransaction { transaction in
                    try await transaction.execute("SELECT set_config('egret.endurance', 'yes', true)")
                    _ = try await transaction.query("SELECT count(*) FROM pg_class", as: Int.self).first()
                }
            case .copyIn:
                try await pool.withTransaction { transaction in
                    try await transaction.execute(PostgresQuery(raw: "TRUNCATE \(table)"))
                    try await transaction.copy(into: PostgresIdentifier(table)) { copy in
                        for id in Int64(1)...10_000 {
                            try await copy.writeRow { (row) throws(PostgresError) in
                                try row.append(id)
                                try row.append("a row of a table that is written again and again")
                            }
                        }
                    }
                }
            case .copyOut:
                let numbers = "SELECT g, repeat('y', 80) FROM generate_series(1, 20000) g"
                try await pool.withConnection { for try await _ in try await $0.copy(from: .query(numbers)) {} }
            case .stream:
                for try await _ in try await pool.query("SELECT g, repeat('z', 200) FROM generate_series(1, 20000) g") {
                }
            case .cancel: try await cancel(pool)
            case .loss: try await loss(pool)
            }
        }

        /// Of some hundred texts, so that statements make room for others.
        private func query(_ pool: PostgresPool) async throws {
            let text = "SELECT $1::int4, 'text \(Int.random(in: 1...500))'"
            _ = try await pool.query(PostgresStatement(text)(Int32(1)), as: (Int32, String).self).first()
        }

        /// Tasks that are cancelled while they wait for a connection, or for the answer.
        private func cancel(_ pool: PostgresPool) async throws {
            let task = Task { try await pool.execute("SELECT pg_sleep(10)") }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...40)))
            task.cancel()
            do { _ = try await task.value } catch let error as PostgresError where error.code == .cancelled {}
        }

        /// A connection ends while it is used: by who uses it, or by who has it next.
        private func loss(_ pool: PostgresPool) async throws {
            try await Task.sleep(for: .milliseconds(500))
            try await pool.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        }
    }
}

extension PostgresError {
    /// What `Work.loss` does to somebody.
    var isLoss: Bool { code == .connectionClosed || sqlState == .adminShutdown }
}
