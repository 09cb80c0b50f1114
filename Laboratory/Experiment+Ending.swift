import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit

/// What must hold when the tasks have ended.
extension Experiment {
    /// Compares everything, closes everything, and notes what does not hold.
    func settle() async {
        watchdog.stop()
        proxy.plan { _ in FaultPlan() }
        proxy.apply(FaultPlan())
        await quieten()
        await compareLedger()
        await useEveryConnection()
        await pool.close()
        if pool.statistics.idle + pool.statistics.leased + pool.statistics.connecting > 0 {
            violate("a closed pool has connections: \(pool.statistics)")
        }
        if !(await eventually { self.proxy.connectionCount == 0 }) {
            violate("\(proxy.connectionCount) connections are open after the pool was closed")
        }
        await expect("sessions are left on the server after the pool was closed", "true")
        await admin.close()
        proxy.stop()
    }

    private func violate(_ text: String) { state.withLock { $0.violations.append(text) } }

    /// Asks again and again for up to half a minute.
    private func eventually(_ condition: () async -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return await condition()
    }

    /// Nothing is leased, awaited or connecting, and no session is in a transaction.
    private func quieten() async {
        let isQuiet = await eventually {
            let now = self.pool.statistics
            return now.leased == 0 && now.waiting == 0 && now.connecting == 0
        }
        if !isQuiet { violate("a pool that nobody uses is not at rest: \(pool.statistics)") }
        await expect("sessions are not at rest when nobody uses the pool", "state <> 'idle'")
        let sessions = await sessions("true")
        if let sessions, sessions != pool.statistics.idle {
            let isEqual = await eventually { await self.sessions("true") == self.pool.statistics.idle }
            if !isEqual { violate("the server has \(sessions) sessions, the pool \(pool.statistics.idle)") }
        }
    }

    private func sessions(_ condition: String) async -> Int? {
        var query: PostgresQuery =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(Self.applicationName)"
        query.append(" AND \(raw: condition)")
        let found = try? await admin.query(query, as: Int.self).first()
        return found ?? nil
    }

    /// No session of which that is true; they end a moment after their connections.
    private func expect(_ what: String, _ condition: String) async {
        if !(await eventually { await self.sessions(condition) == 0 }) {
            violate("\(await sessions(condition) ?? -1) \(what)")
        }
    }

    private func compareLedger() async {
        do {
            var found: [Int: Ledger.Found] = [:]
            let rows = try await admin.query(
                "SELECT op, count(*), count(DISTINCT k), min(k), max(k) FROM writes GROUP BY op",
                as: (Int, Int, Int, Int, Int).self)
            for try await (operation, rows, numbers, lowest, highest) in rows {
                found[operation] = Ledger.Found(rows: rows, numbers: numbers, lowest: lowest, highest: highest)
            }
            state.withLock { [found] in $0.violations += $0.ledger.violations(of: found) }
            let wrong = try await admin.query(
                """
                SELECT count(*) FROM accounts a LEFT JOIN
                    (SELECT account, sum(amount) AS sum FROM writes WHERE amount <> 0 GROUP BY account) w ON w.account = a.id
                WHERE a.balance <> \(Operation.total / Operation.accounts) + coalesce(w.sum, 0)
                """, as: Int.self
            ).first()
            if wrong != 0 { violate("\(wrong ?? -1) accounts do not agree with the transfers to and from them") }
        } catch {
            violate("the ledger could not be compared: \(String(reflecting: error))")
        }
    }

    /// Every connection that is left answers what it is asked.
    private func useEveryConnection() async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<options.connections {
                group.addTask {
                    do {
                        try await self.pool.withConnection { connection in
                            let answer = try await connection.query("SELECT \(number)::int8", as: Int.self).collect()
                            if answer != [number] { self.violate("the pool answers \(answer) in place of \(number)") }
                            try await Task.sleep(for: .milliseconds(50))
                        }
                    } catch {
                        self.violate("the pool does not work when all is over: \(String(reflecting: error))")
                    }
                }
            }
        }
    }
}
