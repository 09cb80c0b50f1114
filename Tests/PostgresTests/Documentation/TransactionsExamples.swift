import Foundation
import Postgres

/// The examples of the article Transactions.
enum TransactionsExamples {
    struct SoldOut: Error {}

    /// The closure is the transaction
    static func transfer(in pool: PostgresPool, amount: Decimal, from: Int, to: Int) async throws {
        try await pool.withTransaction { tx in
            try await tx.execute("UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from)")
            try await tx.execute("UPDATE accounts SET balance = balance + \(amount) WHERE id = \(to)")
        }
    }

    /// Isolation
    static func report(in pool: PostgresPool) async throws -> (Int, Decimal) {
        let (accounts, total) = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { tx in
            let accounts = try await tx.query("SELECT count(*) FROM accounts", as: Int.self).first() ?? 0
            let total =
                try await tx.query("SELECT coalesce(sum(balance), 0) FROM accounts", as: Decimal.self).first() ?? .zero
            return (accounts, total)
        }
        return (accounts, total)
    }

    /// Trying again
    static func booking(in pool: PostgresPool, customer: String) async throws {
        try await pool.withTransaction(isolation: .serializable, retries: 3) { tx in
            let left =
                try await tx.query("SELECT count(*) FROM seats WHERE booked_by IS NULL", as: Int.self).first() ?? 0
            guard left > 0 else { throw SoldOut() }
            try await tx.execute(
                """
                UPDATE seats SET booked_by = \(customer)
                WHERE id = (SELECT id FROM seats WHERE booked_by IS NULL LIMIT 1)
                """)
        }
    }

    /// Savepoints
    static func savepoint(in pool: PostgresPool, order: Int, voucher: String) async throws {
        try await pool.withTransaction { tx in
            try await tx.execute("INSERT INTO orders (id) VALUES (\(order))")
            do {
                try await tx.withTransaction { savepoint in
                    try await savepoint.execute("INSERT INTO vouchers (code) VALUES (\(voucher))")
                }
            } catch SQLState.uniqueViolation {
                try await tx.execute("UPDATE orders SET remark = 'voucher used before' WHERE id = \(order)")
            }
        }
    }

    /// After the commit
    static func afterCommit(
        in pool: PostgresPool, order: Int, confirm: @escaping @Sendable (Int) async -> Void
    ) async throws {
        try await pool.withTransaction { tx in
            try await tx.execute("INSERT INTO orders (id) VALUES (\(order))")
            tx.afterCommit { await confirm(order) }
        }
    }

    /// Locks by name
    static func transactionLock(in pool: PostgresPool, amount: Decimal, from: Int) async throws {
        try await pool.withTransaction { tx in
            try await tx.advisoryLock("account \(from)", timeout: .seconds(5))
            try await tx.execute("UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from)")
        }
    }

    /// Locks by name
    static func sessionLock(in pool: PostgresPool) async throws -> Bool? {
        let isDone = try await pool.withAdvisoryLockIfFree("nightly report") { connection in
            try await connection.execute("REFRESH MATERIALIZED VIEW totals")
            return true
        }
        return isDone
    }

    /// In two phases
    static func twoPhases(orders: PostgresPool, stock: PostgresPool, order: Int) async throws {
        try await orders.prepareTransaction("order \(order)") { tx in
            try await tx.execute("INSERT INTO orders (id) VALUES (\(order))")
        }
        do {
            try await stock.withTransaction { tx in
                try await tx.execute("UPDATE stock SET reserved = reserved + 1 WHERE order_id = \(order)")
            }
        } catch let error as PostgresError where error.code != .outcomeUnknown {
            try await orders.rollbackPrepared("order \(order)")
            throw error
        }
        try await orders.commitPrepared("order \(order)")
    }

    /// When the answer to COMMIT is lost
    static func unknownOutcome(in pool: PostgresPool, transfer: UUID, amount: Decimal, from: Int) async throws {
        do {
            try await pool.withTransaction { tx in
                try await tx.execute("INSERT INTO transfers (id, amount) VALUES (\(transfer), \(amount))")
                try await tx.execute("UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from)")
            }
        } catch let error as PostgresError where error.code == .outcomeUnknown {
            let found = try await pool.query(
                "SELECT EXISTS (SELECT FROM transfers WHERE id = \(transfer))", as: Bool.self)
            print(try await found.first() == true ? "it was committed" : "it was not: safe to do again")
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
