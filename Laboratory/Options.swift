/// What the command line asks for.
struct Options: Sendable {
    var faults = 1_000
    var tasks = 50
    var connections = 10
    /// Queries under way on one connection at a time.
    var sharing = 1
    /// Whether everything goes over TLS; then bytes are left out and turned over, too.
    var isEncrypted = false
    var seed: UInt64
    var isJSON = false
    var wantsHelp = false

    static let help = """
        usage: Laboratory [--faults N] [--tasks N] [--connections N] [--sharing N] [--tls] [--seed N]
                          [--json]

        Runs tasks that read and write through a pool, a proxy and a private PostgreSQL while things go wrong: connections
        are cut, reset, split, delayed, slowed down and left half open, server processes ended and killed, tasks
        cancelled. Each task notes what it is told, and in the end that is compared with what the server has: no
        acknowledged write lost, none done twice, none kept that was told to have failed, no wrong answer, no
        connection, descriptor or task left over, nothing that waits for ever. Ends with 1 where that does not hold.

          --faults N        so many faults (1000)
          --tasks N         so many tasks at the same time (50)
          --connections N   so many connections in the pool (10)
          --sharing N       so many queries under way on one connection (1): queriesPerConnection of the pool
          --tls             over TLS, with bytes left out and turned over, too: TLS must find that out
          --seed N          the faults, the operations and their values of an earlier run; who meets whom is chance
          --json            one JSON object instead of a table

        """

    /// Nil when they make no sense.
    init?(_ arguments: [String]) {
        seed = UInt64.random(in: 1...999_999)
        var words = arguments[...]
        while let word = words.popFirst() {
            func number(_ range: ClosedRange<Int>) -> Int? {
                words.popFirst().flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
            }
            switch word {
            case "--help", "-h": wantsHelp = true
            case "--json": isJSON = true
            case "--faults":
                guard let value = number(1...10_000_000) else { return nil }
                faults = value
            case "--tasks":
                guard let value = number(1...1_000) else { return nil }
                tasks = value
            case "--connections":
                guard let value = number(1...80) else { return nil }
                connections = value
            case "--tls": isEncrypted = true
            case "--sharing":
                guard let value = number(1...100) else { return nil }
                sharing = value
            case "--seed":
                guard let value = words.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = value
            default: return nil
            }
        }
    }
}
