/// How often what has happened.
struct Tally: Sendable {
    var faults: [String: Int] = [:]
    var operations: [String: Int] = [:]
    var errors: [String: Int] = [:]
    /// Where tasks were when they were cancelled.
    var cancelledAt: [String: Int] = [:]
}
