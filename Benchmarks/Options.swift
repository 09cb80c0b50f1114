/// What the command line asks for.
struct Options: Sendable {
    enum Task {
        case measure(Workload)
        case trial(Trial)
        /// Every workload that has a threshold, against it.
        case check
        /// Make the tables that are not there.
        case tables
        /// Nothing: what the program takes before it does anything.
        case empty
        case help
    }

    var task: Task
    /// Operations, rows, tasks or connections, in place of the workload's or trial's own number.
    var number: Int?
    /// How long a trial goes on, in place of its own time.
    var seconds: Int?
    /// Whether allocations, retains and releases are counted.
    var counts = false
    /// Whether the memory is looked at on the way.
    var memory = false

    static let help = """
        usage: Benchmarks WORKLOAD [--n N] [--count] [--memory]
               Benchmarks TRIAL [--n N] [--seconds S]
               Benchmarks check | tables | empty

        Does one workload against the server that the PG* variables name, and prints one JSON line. A trial prints one or
        more, and ends with 1 where what it is for does not hold.

          --n N      so many operations or rows; drain and copyout have the server make them, without a table; for a
                     trial, its N
          --seconds S    for a trial, its S
          --count    also count the allocations, retains and releases of an operation
          --memory   also print the most memory that was resident, on the way of drain, copyin and copyout

          check      count the allocations of the workloads that have a threshold; fails where there are more
          tables     make the tables that the workloads need, where they are not there
          empty      do nothing, and print how much memory that takes

        workloads: \(Workload.allCases.map(\.rawValue).joined(separator: " "))

        trials:
        \(Trial.allCases.map(\.help).joined(separator: "\n"))

        """

    /// Nil when they make no sense.
    init?(_ arguments: [String]) {
        var words = arguments[...]
        guard let word = words.popFirst() else { return nil }
        switch word {
        case "check": task = .check
        case "tables": task = .tables
        case "empty": task = .empty
        case "help", "--help", "-h": task = .help
        default:
            if let workload = Workload(rawValue: word) {
                task = .measure(workload)
            } else if let trial = Trial(rawValue: word) {
                task = .trial(trial)
            } else {
                return nil
            }
        }
        while let word = words.popFirst() {
            switch word {
            case "--help", "-h": task = .help
            case "--count": counts = true
            case "--memory": memory = true
            case "--n":
                guard let number = Self.number(words.popFirst()) else { return nil }
                self.number = number
            case "--seconds":
                guard let seconds = Self.number(words.popFirst()) else { return nil }
                self.seconds = seconds
            default: return nil
            }
        }
        if case .check = task { counts = true }
    }

    private static func number(_ word: String?) -> Int? {
        word.flatMap { Int($0) }.flatMap { 1...Int(Int32.max) ~= $0 ? $0 : nil }
    }
}
