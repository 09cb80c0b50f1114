import PostgresWire

/// Requests whose messages are not sent yet, in order.
///
/// While a cancel is under way nothing new is sent, since the cancel might hit it. And a COPY has the connection to itself:
/// it is sent when all before it is answered, and nothing is sent behind it until it is over. One that is given up before is
/// then never sent, and need not be ended; and PgBouncer before 1.23 does not count what comes behind a COPY
/// (https://github.com/pgbouncer/pgbouncer/pull/1025), and may give its answers to nobody.
struct HeldRequests: ~Copyable {
    private var items: [(request: Request, messages: Range<Int>)] = []
    private var buffer = PostgresBuffer(capacity: 16)

    var count: Int { items.count }
    var isEmpty: Bool { items.isEmpty }

    mutating func append(_ request: Request, _ messages: UnsafeRawBufferPointer) {
        let start = buffer.count
        buffer.append(messages)
        items.append((request, start..<buffer.count))
    }

    /// Moves the messages of the first ones to `outbound`, as long as `mayBeSent` says so; how many requests they are.
    mutating func release(to outbound: inout PostgresBuffer, while mayBeSent: (Request) -> Bool) -> Int {
        let count = items.prefix { mayBeSent($0.request) }.count
        for item in items[..<count] {
            outbound.append(UnsafeRawBufferPointer(rebasing: buffer.unsafeBytes[item.messages]))
        }
        items.removeFirst(count)
        giveBackMemory()
        return count
    }

    /// Takes a request out; false where it is not held.
    mutating func remove(_ request: Request) -> Bool {
        guard let index = items.firstIndex(where: { $0.request === request }) else { return false }
        items.remove(at: index)
        giveBackMemory()
        return true
    }

    private mutating func giveBackMemory() {
        guard items.isEmpty else { return }
        items = []
        buffer = PostgresBuffer(capacity: 16)
    }
}

extension SessionState {
    /// Whether the request may not be sent yet; nil: a request that is no COPY.
    // Mutating, though nothing changes: a state that is only lent is copied, all of it.
    mutating func holds(_ request: Request? = nil) -> Bool {
        guard cancelPhase == .none, held.isEmpty else { return true }
        guard let first = requests.first else { return false }
        return first.isCopy || request?.isCopy == true
    }

    /// Whether the head of the queue is all that the server has been sent and has not answered.
    var isOnlyOneSent: Bool { mutating get { requests.count - held.count == 1 } }

    /// Moves what may be sent now to `outbound`; false where nothing may.
    mutating func releaseHeld() -> Bool {
        guard cancelPhase == .none, let first = requests.first else { return false }
        var isQuiet = requests.count == held.count
        var isBehindCopy = !isQuiet && first.isCopy
        let count = held.release(to: &outbound) { request in
            guard !isBehindCopy, isQuiet || !request.isCopy else { return false }
            isQuiet = false
            isBehindCopy = request.isCopy
            return true
        }
        return count > 0
    }
}
