/// Requests in the order in which their answers come.
struct RequestQueue {
    private var items: [Request] = []
    private var head = 0

    var count: Int { items.count - head }
    var isEmpty: Bool { head == items.count }
    var first: Request? { isEmpty ? nil : items[head] }
    var last: Request? { isEmpty ? nil : items.last }

    /// The one that the watched task waits for on the loop's thread.
    var awaitedInPlace: Request? { items[head...].first { $0.isAwaitedInPlace } }

    mutating func append(_ request: Request) { items.append(request) }

    mutating func insertFirst(_ request: Request) {
        if head > 0 {
            head -= 1
            items[head] = request
        } else {
            items.insert(request, at: 0)
        }
    }

    mutating func removeFirst() {
        head += 1
        if head == items.count {
            // One by one keeps the memory, as `removeAll(keepingCapacity:)` does by way of a general replacement.
            while items.popLast() != nil {}
            head = 0
        } else if head > 64, head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
    }

    mutating func remove(_ request: Request) {
        guard let index = items[head...].firstIndex(where: { $0 === request }) else { return }
        if index == head { removeFirst() } else { items.remove(at: index) }
    }

    /// Empties the queue.
    mutating func takeAll() -> [Request] {
        defer {
            items = []
            head = 0
        }
        return Array(items[head...])
    }
}
