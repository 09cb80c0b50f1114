/// What a listener has not fetched yet: bounded, and honest about what was thrown away.
///
/// The oldest notification makes room for the newest. A gap stands where it was, so that who comes to it reads anew what
/// all the lost ones have announced, and then goes on with what came after. Gaps that meet become one: there is never more
/// than one gap per notification, and the memory is bounded whatever happens.
struct NotificationBuffer {
    private var events: [PostgresListenEvent] = []
    private var head = 0
    private(set) var notificationCount = 0
    let limit: Int

    /// Room for `limit` notifications, at least one.
    init(limit: Int) { self.limit = max(1, limit) }

    var isEmpty: Bool { head == events.count }

    mutating func append(_ notification: PostgresNotification) {
        if notificationCount >= limit { dropOldest() }
        events.append(.notification(notification))
        notificationCount += 1
    }

    mutating func append(_ gap: PostgresListenGap) {
        if !isEmpty, case .gap(var last) = events[events.count - 1] {
            last.merge(gap)
            events[events.count - 1] = .gap(last)
        } else {
            events.append(.gap(gap))
        }
    }

    mutating func popFirst() -> PostgresListenEvent? {
        guard !isEmpty else { return nil }
        let event = events[head]
        if case .notification = event { notificationCount -= 1 }
        head += 1
        compact()
        return event
    }

    mutating func removeAll() {
        events = []
        head = 0
        notificationCount = 0
    }

    /// Makes the first notification, and the gaps before and behind it, one gap.
    private mutating func dropOldest() {
        var gap = PostgresListenGap(dropped: 1)
        var next = head
        while next < events.count, case .gap(let earlier) = events[next] {
            gap.merge(earlier)
            next += 1
        }
        guard next < events.count else { return }
        notificationCount -= 1
        if next + 1 < events.count, case .gap(let later) = events[next + 1] {
            gap.merge(later)
            next += 1
        }
        events[next] = .gap(gap)
        head = next
        compact()
    }

    /// Gives the places of fetched events back, before they are as many as those that wait.
    private mutating func compact() {
        if head == events.count {
            events.removeAll(keepingCapacity: events.capacity <= 64)
            head = 0
        } else if head > 32, head > events.count / 2 {
            events.removeFirst(head)
            head = 0
        }
    }
}
