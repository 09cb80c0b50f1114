import Foundation
import Testing

@testable import Postgres

@Suite struct NotificationBufferTests {
    private func note(_ number: Int) -> PostgresNotification {
        PostgresNotification(channel: "c", payload: "\(number)")
    }

    private func contents(_ buffer: inout NotificationBuffer) -> [String] {
        var contents: [String] = []
        while let event = buffer.popFirst() {
            switch event {
            case .notification(let note): contents.append(note.payload)
            case .gap(let gap): contents.append("gap \(gap.dropped)\(gap.outage == nil ? "" : " outage")")
            }
        }
        return contents
    }

    private func outage(_ from: Double, _ to: Double) -> PostgresListenGap {
        PostgresListenGap(
            outage: Date(timeIntervalSince1970: from)...Date(timeIntervalSince1970: to))
    }

    @Test("what fits comes out as it went in") func order() {
        var buffer = NotificationBuffer(limit: 3)
        for number in 1...3 { buffer.append(note(number)) }
        #expect(contents(&buffer) == ["1", "2", "3"])
        #expect(buffer.isEmpty && buffer.notificationCount == 0)
    }

    @Test("trap 70: the oldest make room, and where they were is a gap that counts them") func overflow() {
        var buffer = NotificationBuffer(limit: 3)
        for number in 1...1000 { buffer.append(note(number)) }
        #expect(buffer.notificationCount == 3)
        #expect(contents(&buffer) == ["gap 997", "998", "999", "1000"])
    }

    @Test("a gap stays where it is until the notifications before it are gone; then it is one with theirs")
    func outagesAndOverflow() {
        var buffer = NotificationBuffer(limit: 2)
        buffer.append(note(1))
        buffer.append(outage(10, 20))
        buffer.append(outage(5, 15))
        buffer.append(note(2))
        buffer.append(note(3))
        buffer.append(outage(30, 40))
        #expect(buffer.popFirst() == .gap(PostgresListenGap(dropped: 1, outage: outage(5, 20).outage)))
        #expect(contents(&buffer) == ["2", "3", "gap 0 outage"])
    }

    @Test("trap 70: outages alone, or with overflow between, do not grow the buffer", arguments: [0, 1, 3])
    func bounded(notificationsBetween count: Int) {
        var buffer = NotificationBuffer(limit: 4)
        for round in 0..<10_000 {
            buffer.append(outage(Double(round), Double(round + 1)))
            for number in 0..<count { buffer.append(note(number)) }
        }
        var events = 0
        var dropped = 0
        var notifications = 0
        while let event = buffer.popFirst() {
            events += 1
            switch event {
            case .notification: notifications += 1
            case .gap(let gap): dropped += gap.dropped
            }
        }
        #expect(events <= 9)
        #expect(dropped + notifications == 10_000 * count)
    }

    @Test("a limit of nothing is a limit of one") func smallestLimit() {
        var buffer = NotificationBuffer(limit: -1)
        buffer.append(note(1))
        buffer.append(note(2))
        #expect(contents(&buffer) == ["gap 1", "2"])
    }

    @Test("pauses double, stay within their bound, and are not all the same") func pauses() {
        let options = PostgresListenOptions(shortestPause: .milliseconds(100), longestPause: .seconds(2))
        for (failures, longest) in [(1, 100), (2, 200), (4, 800), (6, 2000), (5000, 2000)] {
            for _ in 0..<50 {
                let pause = options.pause(afterFailures: failures)
                #expect(pause >= .milliseconds(longest / 2) && pause <= .milliseconds(longest))
            }
        }
        #expect(Set((0..<50).map { _ in options.pause(afterFailures: 3) }).count > 1)
        let odd = PostgresListenOptions(shortestPause: .seconds(-1), longestPause: .seconds(Int64.max))
        #expect(odd.pause(afterFailures: 70) == .zero)
    }
}
