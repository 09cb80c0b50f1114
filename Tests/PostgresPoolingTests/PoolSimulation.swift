import Testing

@testable import PostgresPooling

/// The owner of a pool, played at random: asks, waits, cancels, releases, loses connections, replaces them, changes the
/// pool's size, lets the network go and come back, lets time pass.
///
/// It keeps its own account of every connection and waiter and compares it with the machine's after every event.
struct PoolSimulation {
    enum ConnectionState: Equatable {
        case connecting, idle, leased, closing
        /// Between two states, while an event is being handled.
        case inHand
    }

    let seed: UInt64
    let places: Int
    private var random: SplitMix64
    private var machine: PoolMachine
    private var now: Int64 = 0
    private var timerAt = Int64.max
    private var connections: [PoolConnectionID: ConnectionState] = [:]
    /// Identifiers by state, to choose from: dictionaries have no fixed order.
    private var connecting: [PoolConnectionID] = []
    private var idle: [PoolConnectionID] = []
    private var leased: [PoolConnectionID] = []
    private var closing: [PoolConnectionID] = []
    private var tickets: [PoolWaiterID] = []
    private var waiting: [(waiter: PoolWaiterID, shares: Bool, deadline: Int64)] = []
    /// Of leased connections: how many use each, and whether they share it.
    private var users: [PoolConnectionID: (count: Int, share: Bool)] = [:]
    private var answered = 0
    private var enqueued = 0
    private var dead: [PoolConnectionID] = []
    private var isShuttingDown = false
    private var shutdownCompletions = 0
    private var isNetworkDown = false
    /// Connections that must not be handed out any more.
    private var retired: Set<PoolConnectionID> = []
    private var maximum: Int
    /// The most connections there may be; more than the maximum only after that has been lowered.
    private var ceiling: Int
    /// Failed attempts since the last success, and when the first was.
    private var failures = 0
    private var failingSince: Int64 = 0
    private var hasConnected = false
    /// How often the simulation came to what it is for.
    private(set) var coverage = Coverage()

    struct Coverage {
        var refusals = 0
        var shrinkings = 0
        var retirements = 0
        var recoveries = 0
    }

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix64(seed: seed)
        maximum = 1 + Int(random.next() % 6)
        ceiling = maximum
        let minimum = Int(random.next() % UInt64(maximum + 1))
        places = 1 + Int(seed % 2)
        let configuration = PoolConfiguration(
            maximum: maximum, minimum: minimum, sharing: 1 + Int(seed % 4), places: places,
            idleTimeout: seed % 3 == 0 ? .max : 400, maximumLifetime: seed % 4 == 0 ? .max : 2_000,
            initialBackoff: 20, maximumBackoff: 300,
            unavailableAfter: seed % 5 == 0 ? .max : 100, unavailableAfterStart: 300, seed: seed)
        machine = PoolMachine(configuration)
    }

    /// Plays `count` events, then shuts down and expects everybody answered and every connection closed.
    mutating func play(_ count: Int) throws {
        try run(machine.start(now: now))
        for _ in 0..<count { try playOne() }
        isShuttingDown = true
        try run(machine.shutDown(grace: Int64(chance(2) ? 0 : 50), now: now))
        for ticket in tickets { try enqueue(ticket) }
        tickets = []
        var rounds = 0
        while shutdownCompletions == 0 {
            rounds += 1
            try #require(rounds < 10_000, "seed \(seed): the shutdown does not end")
            try playOne()
        }
        for _ in 0..<20 { try playOne() }
        try require(shutdownCompletions == 1 && connections.isEmpty && waiting.isEmpty && answered == enqueued)
        try require(machine.statistics.total == 0)
    }

    private mutating func playOne() throws {
        switch random.next() % 16 {
        case 0...3: try lease()
        case 4: if let ticket = take(\.tickets) { try enqueue(ticket) }
        case 5...7: if let connection = take(\.leased) { try release(connection) }
        case 8, 9: if let connection = take(\.connecting) { try finishConnecting(connection) }
        case 10: if let connection = take(\.closing) { try end(connection) }
        case 11:
            if let index = waiting.indices.randomElement(using: &random), chance(2) {
                try run(machine.cancel(waiting[index].waiter))
            }
        case 12:
            // A connection dies in whatever state it is in.
            guard chance(4) else { return }
            switch random.next() % 4 {
            case 0: if let connection = take(\.idle) { try end(connection) }
            case 1: if let connection = take(\.leased) { try end(connection) }
            case 2: if let connection = take(\.connecting) { try end(connection) }
            default: if let connection = take(\.closing) { try end(connection) }
            }
        case 13: try repeatOldNews()
        case 14:
            if chance(60) { isNetworkDown.toggle() }
            if chance(60) { try replaceAll() }
            if chance(20) { try retireOne() }
            if chance(20) { try closeIdle() }
            if chance(20) { try resize() }
        default:
            now += Int64(random.next() % 40)
            if now >= timerAt || chance(10) {
                if now >= timerAt { timerAt = .max }
                try run(machine.timerFired(now: now))
                try require(!waiting.contains { $0.deadline <= now })
            }
        }
        try checkAccounts()
    }

    private mutating func lease() throws {
        let shares = chance(2)
        let near = chance(2) ? Int(random.next() % UInt64(places)) : nil
        switch machine.lease(sharing: shares, near: near) {
        case .leased(let connection) where idle.isEmpty:
            try require(shares && waiting.isEmpty && leased.count >= maximum)
            try join(connection)
        case .leased(let connection):
            // The connection used last is used next, of those at hand if there are any.
            let index = idle.lastIndex { near == nil || $0.index % places == near } ?? idle.count - 1
            try require(idle.remove(at: index) == connection && !retired.contains(connection))
            move(connection, to: .leased)
            users[connection] = (1, shares)
        case .wait(let ticket):
            try require(idle.isEmpty && !isShuttingDown)
            // Another event may come between asking and waiting.
            if chance(4) { tickets.append(ticket) } else { try enqueue(ticket) }
        case .unavailable:
            try requireUnavailable()
        case .closed:
            try require(isShuttingDown)
        }
    }

    // MARK: Connections that are to go

    private mutating func replaceAll() throws {
        retired.formUnion(idle + leased + connecting)
        try run(machine.retireAll(now: now))
        try require(idle.isEmpty && connecting.allSatisfy { !retired.contains($0) })
    }

    private mutating func retireOne() throws {
        guard let connection = (idle + leased).randomElement(using: &random) else { return }
        coverage.retirements += 1
        retired.insert(connection)
        try run(machine.retire(connection, now: now))
        try require(!idle.contains(connection))
    }

    private mutating func closeIdle() throws {
        guard let connection = idle.randomElement(using: &random) else { return }
        let time = machine.lastUse(of: connection)
        try run(machine.closeIdle(unusedSince: time, now: now))
        try require(!idle.contains { machine.lastUse(of: $0) <= time })
    }

    private mutating func resize() throws {
        maximum = 1 + Int(random.next() % 8)
        if maximum < connections.count { coverage.shrinkings += 1 }
        ceiling = max(maximum, connections.count)
        try run(machine.resize(maximum: maximum, minimum: Int(random.next() % 4), now: now))
        // What is not in use goes at once.
        try require(idle.count + connecting.count + leased.count <= max(maximum, leased.count))
    }

    /// Failing at once is right only where nothing will come back, and after several failures over the time that is set.
    private mutating func requireUnavailable() throws {
        try require(idle.isEmpty && leased.isEmpty && !isShuttingDown && failures >= 3)
        let configuration = machine.configuration
        let bound = hasConnected ? configuration.unavailableAfter : configuration.unavailableAfterStart
        try require(bound < .max && now - failingSince >= bound)
        coverage.refusals += 1
    }

    private mutating func enqueue(_ waiter: PoolWaiterID) throws {
        enqueued += 1
        let deadline = chance(5) ? nil : now + Int64(random.next() % 200)
        let shares = chance(2)
        waiting.append((waiter, shares, deadline ?? .max))
        try run(machine.enqueue(waiter, sharing: shares, deadline: deadline, now: now))
    }

    /// One more uses a connection that others use.
    private mutating func join(_ connection: PoolConnectionID) throws {
        let before = try #require(users[connection])
        try require(connections[connection] == .leased && before.share && before.count > 0)
        try require(before.count < machine.configuration.sharing && !retired.contains(connection))
        users[connection] = (before.count + 1, true)
    }

    private mutating func release(_ connection: PoolConnectionID) throws {
        let using = try #require(users[connection]).count
        let isBlocked = chance(8)
        if let actions = machine.leave(connection, isBlocked: isBlocked, now: now) {
            try require(using > 1)
            users[connection]?.count -= 1
            if isBlocked { users[connection]?.share = false }
            move(connection, to: .leased)
            return try run(actions)
        }
        try require(using == 1)
        // Whoever releases it looks at it first, while others ask: nobody joins any more.
        users[connection]?.share = false
        if chance(4) { return move(connection, to: .leased) }
        connections[connection] = .inHand
        let actions = machine.release(connection, isReusable: !chance(8), now: now)
        try require(mentions(actions, connection) || !retired.contains(connection))
        if !mentions(actions, connection) { move(connection, to: .idle) }
        try run(actions)
    }

    private mutating func finishConnecting(_ connection: PoolConnectionID) throws {
        connections[connection] = .inHand
        if isNetworkDown || chance(8) {
            connections[connection] = nil
            dead.append(connection)
            let isRetryable = !chance(20)
            failed(isRetryable: isRetryable)
            try run(machine.connectFailed(connection, isRetryable: isRetryable, now: now))
        } else {
            if failures > 2 { coverage.recoveries += 1 }
            failures = 0
            hasConnected = true
            let actions = machine.connected(connection, now: now)
            if !mentions(actions, connection) { move(connection, to: .idle) }
            try run(actions)
        }
    }

    private mutating func failed(isRetryable: Bool) {
        if failures == 0 { failingSince = now }
        failures += 1
        // What trying again cannot mend is told as it is, and counts from anew.
        if !isRetryable { failingSince = .max }
        if isRetryable, failingSince == .max { failingSince = now }
    }

    private mutating func end(_ connection: PoolConnectionID) throws {
        if connections[connection] == .connecting { failed(isRetryable: true) }
        retired.remove(connection)
        connections[connection] = nil
        dead.append(connection)
        try run(machine.closed(connection, now: now))
    }

    /// What is reported about connections that are gone, and to waiters that are answered, changes nothing.
    private mutating func repeatOldNews() throws {
        if let connection = dead.randomElement(using: &random) {
            try require(machine.closed(connection, now: now).isEmpty)
            try require(machine.release(connection, isReusable: true, now: now).isEmpty)
            try require(machine.connected(connection, now: now).isEmpty)
            try require(machine.connectFailed(connection, isRetryable: true, now: now).isEmpty)
        }
        // Connected at the moment it was aborted: it has to be closed again.
        if let connection = closing.randomElement(using: &random) {
            try require(Array(machine.connected(connection, now: now)) == [.close(connection)])
            try require(machine.release(connection, isReusable: true, now: now).isEmpty)
        }
        if let ticket = tickets.first { try require(machine.cancel(ticket).isEmpty) }
        if dead.count > 100 { dead.removeFirst(50) }
    }

    private mutating func run(_ actions: PoolActions) throws {
        for action in actions {
            switch action {
            case .connect(let connection):
                try require(connections[connection] == nil && connections.count < maximum)
                try require(!connections.keys.contains { $0.index == connection.index })
                try require(!isShuttingDown)
                move(connection, to: .connecting)
            case .close(let connection):
                let state = connections[connection]
                try require(state == .idle || state == .inHand)
                move(connection, to: .closing)
            case .abort(let connection):
                let state = connections[connection]
                try require(state == .connecting || (isShuttingDown && state == .leased))
                move(connection, to: .closing)
            case .deliver(let waiter, let connection):
                let shares = try answer(waiter).shares
                // First come, first served.
                try require(!waiting.contains { $0.waiter < waiter } && !retired.contains(connection))
                let state = connections[connection]
                if state == .leased {
                    try require(shares)
                    try join(connection)
                } else {
                    try require(state == .inHand || state == .idle)
                    move(connection, to: .leased)
                    users[connection] = (1, shares)
                }
            case .fail(let waiter, let failure):
                let deadline = try answer(waiter).deadline
                if failure == .timedOut { try require(deadline <= now) }
                if failure == .unavailable { try requireUnavailable() }
                try require((failure == .closed) == isShuttingDown)
            case .scheduleTimer(let time):
                timerAt = time
            case .shutdownComplete:
                try require(connections.isEmpty && isShuttingDown)
                shutdownCompletions += 1
            }
        }
    }

    @discardableResult
    private mutating func answer(_ waiter: PoolWaiterID) throws -> (shares: Bool, deadline: Int64) {
        guard let index = waiting.firstIndex(where: { $0.waiter == waiter }) else {
            try require(false)
            return (false, 0)
        }
        answered += 1
        let entry = waiting.remove(at: index)
        return (entry.shares, entry.deadline)
    }

    private mutating func checkAccounts() throws {
        let statistics = machine.statistics
        // Once it has come down to its maximum it stays there.
        ceiling = max(maximum, min(ceiling, connections.count))
        try require(connections.count <= ceiling && statistics.maximum == maximum)
        try require(statistics.idle == idle.count && statistics.leased == leased.count)
        try require(statistics.connecting == connecting.count && statistics.closing == closing.count)
        try require(statistics.waiting == waiting.count && statistics.total == connections.count)
        try require(answered + waiting.count == enqueued)
        if statistics.isUnavailable, !isShuttingDown {
            // Nobody is kept waiting, and somebody looks whether the server is back.
            try require(waiting.isEmpty && idle.isEmpty && leased.isEmpty)
            try require(!connecting.isEmpty || timerAt < .max || statistics.total >= maximum)
        }
        guard !waiting.isEmpty else { return }
        // Nobody waits beside an idle connection, past the timer, or without anything on its way.
        try require(idle.isEmpty && !isShuttingDown)
        try require(waiting.allSatisfy { $0.deadline >= timerAt })
        let isFull = statistics.total >= maximum
        try require(isFull || !connecting.isEmpty || timerAt < .max)
    }

    /// Puts a connection on the list of its new state.
    private mutating func move(_ connection: PoolConnectionID, to state: ConnectionState) {
        connecting.removeAll { $0 == connection }
        idle.removeAll { $0 == connection }
        leased.removeAll { $0 == connection }
        closing.removeAll { $0 == connection }
        connections[connection] = state
        switch state {
        case .connecting: connecting.append(connection)
        case .idle: idle.append(connection)
        case .leased: leased.append(connection)
        case .closing: closing.append(connection)
        case .inHand: break
        }
    }

    private func mentions(_ actions: PoolActions, _ connection: PoolConnectionID) -> Bool {
        actions.contains { action in
            switch action {
            case .close(connection), .deliver(_, connection): true
            default: false
            }
        }
    }

    private mutating func take<T>(_ list: WritableKeyPath<Self, [T]>) -> T? {
        self[keyPath: list].indices.randomElement(using: &random).map { self[keyPath: list].remove(at: $0) }
    }

    private mutating func chance(_ oneIn: UInt64) -> Bool { random.next() % oneIn == 0 }

    private func require(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) throws {
        // Cheaper than an expectation, which would be recorded a hundred million times.
        if !condition { throw Violation(seed: seed, line: sourceLocation.line) }
    }

    struct Violation: Error {
        var seed: UInt64
        var line: Int
    }
}

extension SplitMix64: RandomNumberGenerator {}
