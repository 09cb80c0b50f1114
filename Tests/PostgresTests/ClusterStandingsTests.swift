import PostgresTypes
import PostgresWire
import Testing

@testable import Postgres

@Suite struct ClusterStandingsTests {
    private static let second: Int64 = 1_000_000_000

    private func primary(_ position: UInt64, timeline: UInt32 = 1, at time: Int64 = 0) -> ClusterStandings.Report {
        ClusterStandings.Report(
            takesWrites: true, timeline: timeline, position: PostgresLSN(rawValue: position), askedAt: time,
            answeredAt: time + 1)
    }

    private func standby(_ position: UInt64, at time: Int64 = 0) -> ClusterStandings.Report {
        ClusterStandings.Report(
            takesWrites: false, timeline: 0, position: PostgresLSN(rawValue: position), askedAt: time,
            answeredAt: time + 1)
    }

    private static let lost = PostgresError(.connectionFailed, "refused")

    @Test func nobodyIsAnythingBeforeItHasAnswered() {
        var standings = ClusterStandings(servers: 2)
        #expect(standings.primary == nil)
        #expect(standings.role(of: 0) == .unreachable)
        #expect(standings.reader(maximumLag: nil, after: nil, fallsBack: true, now: 0) == nil)
        #expect(standings.lag(of: 0, now: 0) == nil)
    }

    @Test("the primary is who was promoted last; one that was left behind is never written to again")
    func highestTimeline() {
        var standings = ClusterStandings(servers: 3)
        standings.note(primary(100), of: 0)
        standings.note(standby(100), of: 1)
        #expect(standings.primary == 0)
        standings.note(Self.lost, of: 0)
        #expect(standings.primary == nil)
        standings.note(primary(120, timeline: 2), of: 1)
        #expect(standings.primary == 1)
        // The old one comes back and does not know what has happened.
        standings.note(primary(130), of: 0)
        #expect(standings.primary == 1)
        #expect(standings.role(of: 0) == .outdated)
        #expect(standings.reader(maximumLag: nil, after: nil, fallsBack: false, now: 0) == nil)
        // Nor is it while the new one does not answer.
        standings.note(Self.lost, of: 1)
        #expect(standings.primary == nil)
        standings.note(standby(130), of: 0)
        #expect(standings.role(of: 0) == .standby)
    }

    @Test("a lag is the time since the primary was asked when it had what the standby has now")
    func lag() {
        var standings = ClusterStandings(servers: 2)
        for time in 0..<10 { standings.note(primary(UInt64(100 + time * 10), at: Int64(time) * Self.second), of: 0) }
        standings.note(standby(149), of: 1)
        // It has what the primary had in the fifth second, at 140, and not what it had in the sixth.
        #expect(standings.lag(of: 1, now: 10 * Self.second) == 6 * Self.second)
        standings.note(standby(190), of: 1)
        #expect(standings.lag(of: 1, now: 10 * Self.second) == Self.second)
        standings.note(standby(99), of: 1)
        #expect(standings.lag(of: 1, now: 10 * Self.second) == nil)
        #expect(standings.lag(of: 0, now: 10 * Self.second) == 0)
        // What another primary's log has is no measure.
        standings.note(standby(190), of: 1)
        standings.note(primary(500, timeline: 2, at: 11 * Self.second), of: 0)
        #expect(standings.lag(of: 1, now: 12 * Self.second) == nil)
    }

    @Test("reads go round the standbys that fit, and to the primary where none does")
    func readers() {
        var standings = ClusterStandings(servers: 4)
        standings.note(primary(100, at: 0), of: 0)
        standings.note(primary(200, at: Self.second), of: 0)
        standings.note(standby(200), of: 1)
        standings.note(standby(150), of: 2)
        standings.note(Self.lost, of: 3)
        func asked(_ times: Int, lag: Int64? = nil, after: UInt64? = nil) -> [Int?] {
            (0..<times).map { _ in
                standings.reader(
                    maximumLag: lag, after: after.map { PostgresLSN(rawValue: $0) }, fallsBack: true,
                    now: 2 * Self.second)
            }
        }
        let round = asked(4)
        #expect(Set(round) == [1, 2] && round[0] == round[2] && round[1] == round[3])
        #expect(Set(asked(4, lag: Self.second)) == [1])
        #expect(Set(asked(4, lag: 2 * Self.second)) == [1, 2])
        #expect(Set(asked(4, after: 151)) == [1])
        #expect(Set(asked(4, after: 201)) == [0])
        #expect(Set(asked(4, lag: 1)) == [0])
        #expect(standings.reader(maximumLag: 1, after: nil, fallsBack: false, now: 2 * Self.second) == nil)
    }
}
