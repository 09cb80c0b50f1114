/// What the command line asks for.
struct Options: Sendable {
    var faults = 1_000
    var tasks = 50
    var connections = 10
    /// Queries under way on one connection at a time.
    var sharing = 1
    /// Only operations that are one query each.
    var isQueriesOnly = false
    /// Whether everything goes over TLS; then bytes are left out and turned over, too.
    var isEncrypted = false
    var seed: UInt64
    var isJSON = false
    var wantsHelp = false

    static let help = """
        usage: Laboratory [--faults N] [--tasks N] [--connections N] [--sharing N] [--queries] [--tls]
                          [--seed N] [--json]

        Runs tasks that read and write through a pool, a proxy and a private PostgreSQL while things go wrong: connections
        are cut, reset, split, delayed, slowed down and left half open, server processes ended and killed, tasks
        cancelled. Each task notes what it is told, and in the end that is compared with what the server has: no
        acknowledged write lost, none done twice, none kept that was told to have failed, no wrong answer, no
        connection, descriptor or task left over, nothing that waits for ever. Ends with 1 where that does not hold.

          --faults N        so many faults (1000)
          --tasks N         so many tasks at the same time (50)
          --connections N   so many connections in the pool (10)
          --sharing N       so many queries under way on one connection (1): queriesPerConnection of the pool
          --queries         only operations of one query each: others want a connection of their own, and while one
                            waits for it nobody shares
          --tls             over TLS, with bytes left out and turned over, too: TLS must find that out
          --seed N          the faults, the operations and their values of an earlier run; who meets whom is chance
          --json            one JSON object instead of a table

        """

    /// What is wrong with the command line.
    struct Misuse: Error {
        let message: String
    }

    /// - Throws: ``Misuse`` when they make no sense.
    init(_ arguments: [String]) throws(Misuse) {
        seed = UInt64.random(in: 1...999_999)
        var words = arguments[...]
        while let word = words.popFirst() {
            func number<I: FixedWidthInteger>(_ range: ClosedRange<I>) throws(Misuse) -> I {
                guard let text = words.popFirst() else { throw Misuse(message: "\(word) takes a number") }
                guard let value = I(text), range.contains(value) else {
                    throw Misuse(
                        message:
                            "\(word) takes a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)")
                }
                return value
            }
            switch word {
            case "--help", "-h": wantsHelp = true
            case "--json": isJSON = true
            case "--faults": faults = try number(1...10_000_000)
            case "--tasks": tasks = try number(1...1_000)
            case "--connections": connections = try number(1...80)
            case "--tls": isEncrypted = true
            case "--sharing": sharing = try number(1...100)
            case "--queries": isQueriesOnly = true
            case "--seed": seed = try number(0...UInt64.max)
            default: throw Misuse(message: "there is no option \(word)")
            }
        }
    }
}
