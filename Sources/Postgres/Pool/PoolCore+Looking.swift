import PostgresLocks
import PostgresPooling
import PostgresTransport

/// Who has the connections, and for how long.
extension PoolCore {
    var statistics: PostgresPoolStatistics {
        let (now, longLeases) = state.withLock { ($0.machine.statistics, $0.longLeases) }
        return PostgresPoolStatistics(
            idle: now.idle, leased: now.leased, connecting: now.connecting, waiting: now.waiting, minimum: now.minimum,
            maximum: now.maximum, isUnavailable: now.isUnavailable, leases: now.counters.leases,
            waits: now.counters.waits, timeouts: now.counters.timeouts, refusals: now.counters.refusals,
            connects: now.counters.connects, connectFailures: now.counters.connectFailures,
            retirements: now.counters.retirements, longLeases: longLeases)
    }

    /// The leases of this moment, the longest first.
    var holders: [PostgresPoolHolder] {
        let now = monotonicNanoseconds()
        let members = state.withLock { state in
            state.members.compactMap { $0 }.filter { state.machine.isLeased($0.id) }
        }
        return members.map { $0.holder(now) }.sorted { $0.seconds > $1.seconds }
    }

    /// Tells once of each lease that is held for longer than `limit`. Looks again when the next one may be.
    func watchLeases(_ limit: Int64) {
        let now = monotonicNanoseconds()
        let (found, next) = state.withLock { state -> ([Member], Int64?) in
            guard !state.isClosed else { return ([], nil) }
            var found: [Member] = []
            // Whoever gets one from now on.
            var next = saturatingSum(now, limit)
            for index in state.members.indices {
                guard let member = state.members[index], !member.isReported, state.machine.isLeased(member.id) else {
                    continue
                }
                let end = saturatingSum(member.leasedAt, limit)
                if end <= now {
                    state.members[index]?.isReported = true
                    state.longLeases &+= 1
                    found.append(member)
                } else {
                    next = min(next, end)
                }
            }
            return (found, next)
        }
        for member in found { tracing?.event(.poolLeaseHeld(member.holder(now))) }
        guard let next else { return }
        let timer = loop.schedule(at: next) { [self] in watchLeases(limit) }
        let isClosed = state.withLock { state in
            if !state.isClosed { state.leaseTimer = timer }
            return state.isClosed
        }
        if isClosed { loop.cancel(timer) }
    }
}

extension PoolCore.Member {
    func holder(_ now: Int64) -> PostgresPoolHolder {
        PostgresPoolHolder(
            caller: caller.description, seconds: Double(now - leasedAt) / 1e9,
            serverProcessID: session.change { state, _ in state.cancelKey.map { Int($0.processID) } })
    }
}
