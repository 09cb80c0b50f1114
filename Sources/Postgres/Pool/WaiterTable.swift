import PostgresPooling

/// Those who wait for a connection, by the numbers that the pool's machine has given them.
///
/// Numbers grow, and mostly the lowest goes first: a row of places is faster than a table of hashes.
struct WaiterTable<Waiter> {
    /// The number of the first place.
    private var first: UInt64 = 0
    private var places: [Waiter?] = []
    /// Places before it are empty.
    private var head = 0
    private var count = 0

    mutating func insert(_ waiter: Waiter, as id: PoolWaiterID) {
        if count == 0 {
            while places.popLast() != nil {}
            first = id.rawValue
            head = 0
        } else if id.rawValue < first {
            // It has got its number before others, and comes after them.
            places.insert(contentsOf: repeatElement(nil, count: Int(first - id.rawValue)), at: 0)
            first = id.rawValue
        }
        let place = Int(id.rawValue - first)
        while places.count < place { places.append(nil) }
        if place == places.count { places.append(waiter) } else { places[place] = waiter }
        head = min(head, place)
        count += 1
    }

    mutating func remove(_ id: PoolWaiterID) -> Waiter? {
        guard id.rawValue >= first, id.rawValue - first < UInt64(places.count) else { return nil }
        let place = Int(id.rawValue - first)
        guard let waiter = places[place] else { return nil }
        places[place] = nil
        count -= 1
        while head < places.count, case .none = places[head] { head += 1 }
        if head > 64, head > places.count / 2 {
            places.removeSubrange(..<head)
            first += UInt64(head)
            head = 0
        }
        return waiter
    }
}
