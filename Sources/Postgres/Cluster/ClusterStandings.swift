import PostgresTypes
import PostgresWire

/// What is known of each server of a cluster, and which of them may be asked. Pure: time is passed in, as nanoseconds of
/// a clock that only goes forward.
struct ClusterStandings {
    /// What a server said of itself.
    struct Report: Equatable {
        var takesWrites: Bool
        /// Of its log; whoever was made primary last has the highest. 0 where a standby does not tell.
        var timeline: UInt32
        /// The end of the log, or, on a standby, of what is applied.
        var position: PostgresLSN
        /// When it was asked and when it answered.
        var askedAt: Int64
        var answeredAt: Int64
    }

    enum Answer {
        case none
        case report(Report)
        case failure(PostgresError)
    }

    private(set) var answers: [Answer]
    /// Where the primary's log ended, by the times at which it was asked, oldest first; of the highest timeline.
    private var history: [(askedAt: Int64, position: PostgresLSN)] = []
    /// The highest there was: a server that takes writes on a lower one was left behind, and what is written there is lost.
    private var timeline: UInt32 = 0
    /// Counts reads, so that they go round.
    private var turn = 0

    /// Ten minutes of answers at the usual interval: a standby further behind has a lag that is not known.
    private static let mostHistory = 600

    init(servers: Int) {
        answers = Array(repeating: .none, count: servers)
    }

    func report(of server: Int) -> Report? {
        if case .report(let report) = answers[server] { report } else { nil }
    }

    mutating func note(_ report: Report, of server: Int) {
        answers[server] = .report(report)
        if report.takesWrites, report.timeline > timeline {
            timeline = report.timeline
            history = []
        }
        guard server == primary else { return }
        history.append((report.askedAt, report.position))
        if history.count > Self.mostHistory { history.removeFirst(history.count - Self.mostHistory) }
    }

    mutating func note(_ failure: PostgresError, of server: Int) {
        answers[server] = .failure(failure)
    }

    /// The server that writes go to: of those that take them the one that was made primary last. Where that one does not
    /// answer, none: others may take writes, but are not followed by anybody.
    var primary: Int? {
        answers.indices.first { server in
            report(of: server).map { $0.takesWrites && $0.timeline == timeline } ?? false
        }
    }

    func role(of server: Int) -> PostgresClusterMember.Role {
        guard let report = report(of: server) else { return .unreachable }
        guard report.takesWrites else { return .standby }
        return server == primary ? .primary : .outdated
    }

    /// For how long, in nanoseconds, a server may lack what is committed on the primary; nil when that is not known.
    ///
    /// What the primary had when it was asked at some time, it has committed before the answer: a standby whose log has
    /// come so far lacks at most what came after the question.
    func lag(of server: Int, now: Int64) -> Int64? {
        guard let report = report(of: server) else { return nil }
        if server == primary { return 0 }
        guard let reached = history.last(where: { $0.position <= report.position }) else { return nil }
        return now - reached.askedAt
    }

    /// The next standby that may be read from, in turn: behind by `maximumLag` nanoseconds at most and with everything up
    /// to `position`, where these are wanted. The primary where `fallsBack` and none will do.
    mutating func reader(
        maximumLag: Int64?, after position: PostgresLSN?, fallsBack: Bool, now: Int64
    ) -> Int? {
        let fit = answers.indices.filter { server in
            guard let report = report(of: server), !report.takesWrites else { return false }
            if let position, report.position < position { return false }
            guard let maximumLag else { return true }
            return lag(of: server, now: now).map { $0 <= maximumLag } ?? false
        }
        guard !fit.isEmpty else { return fallsBack ? primary : nil }
        turn = (turn + 1) % 1_000_000
        return fit[turn % fit.count]
    }
}
