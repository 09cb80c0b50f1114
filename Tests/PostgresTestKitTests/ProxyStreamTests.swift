import PostgresWire
import Testing

@testable import PostgresTestKit

/// One direction of a proxy, without sockets and with the time passed in.
@Suite struct ProxyStreamTests {
    private let start = ContinuousClock.now

    private func message(_ kind: Character, _ length: Int) -> [UInt8] {
        [kind.asciiValue ?? 0, 0, 0, 0, UInt8(length + 4)] + [UInt8](repeating: 7, count: length)
    }

    /// Everything that passes at one time, piece by piece, up to a failure.
    private func pass(
        _ stream: inout ProxyStream, at time: ContinuousClock.Instant
    ) -> (pieces: [[UInt8]], end: ProxyStream.Step) {
        var pieces: [[UInt8]] = []
        while true {
            let step = stream.step(now: time)
            guard case .write(let bytes) = step else { return (pieces, step) }
            pieces.append(Array(bytes))
            _ = stream.wrote(bytes.count, now: time)
        }
    }

    private func stream(ofClient: Bool = false, _ set: (inout FaultPlan.Stream) -> Void) -> ProxyStream {
        var plan = FaultPlan.Stream()
        set(&plan)
        return ProxyStream(plan, ofClient: ofClient, now: start)
    }

    @Test func passesEverythingAtOnceWithoutAPlan() {
        var stream = stream { _ in }
        stream.take([1, 2, 3], now: start)
        stream.take([4], now: start)
        let (pieces, end) = pass(&stream, at: start)
        #expect(pieces == [[1, 2, 3], [4]])
        #expect(end == .wait(until: nil))
        #expect(!stream.isOver)
        stream.isFinished = true
        #expect(stream.isOver)
    }

    @Test func delaysThrottlesAndSplits() {
        var late = stream { $0.delay = .milliseconds(20) }
        late.take([1], now: start)
        #expect(pass(&late, at: start).end == .wait(until: start + .milliseconds(20)))
        #expect(pass(&late, at: start + .milliseconds(20)).pieces == [[1]])

        var slow = stream { $0.bytesPerSecond = 100 }
        slow.take(Array(0..<5), now: start)
        // Fifty pieces a second: two bytes each.
        #expect(pass(&slow, at: start).pieces == [[0, 1]])
        #expect(pass(&slow, at: start + .milliseconds(10)).end == .wait(until: start + .milliseconds(20)))
        #expect(pass(&slow, at: start + .milliseconds(20)).pieces == [[2, 3]])

        var split = stream { $0.pieceSize = 1 }
        split.take([1, 2, 3], now: start)
        #expect(pass(&split, at: start).pieces == [[1], [2], [3]])
    }

    @Test func failsAtTheByte() {
        for (fault, failure) in [
            (FaultPlan.Fault.cut, ProxyStream.Failure.cut), (.reset, .reset), (.halfOpen, .halfOpen),
        ] {
            var stream = stream { $0.faults = [.init(fault, at: .byte(4))] }
            stream.take([1, 2, 3], now: start)
            stream.take([4, 5], now: start)
            let (pieces, end) = pass(&stream, at: start)
            #expect(pieces == [[1, 2, 3], [4]])
            #expect(end == .fail(failure))
        }
        var now = stream { $0.faults = [.init(.reset, at: .byte(0))] }
        #expect(now.step(now: start) == .fail(.reset))
    }

    @Test func leavesOutTurnsOverAndPauses() {
        var stream = stream {
            $0.faults = [
                .init(.swallow(3), at: .byte(1)), .init(.corrupt(mask: 0x0F), at: .byte(5)),
                .init(.pause(.seconds(1)), at: .byte(6)),
            ]
        }
        stream.take([1, 2, 3], now: start)
        stream.take([4, 5, 6, 7, 8], now: start)
        let (pieces, end) = pass(&stream, at: start)
        #expect(pieces.flatMap(\.self) == [1, 5, 6 ^ 0x0F])
        #expect(end == .wait(until: start + .seconds(1)))
        #expect(pass(&stream, at: start + .seconds(1)).pieces.flatMap(\.self) == [7, 8])
    }

    @Test func findsMessagesHoweverTheyArrive() {
        let bytes = message("1", 0) + message("D", 6) + message("D", 2) + message("C", 3) + message("Z", 1)
        let beforeSecondRow = message("1", 0).count + message("D", 6).count
        for size in [1, 3, 8, 100] {
            for (place, count) in [
                (FaultPlan.Place.message(3), beforeSecondRow), (.message(2, kind: "D"), beforeSecondRow),
                (.message(1, kind: "Z"), bytes.count - 6), (.message(2, kind: "Z"), bytes.count),
            ] {
                var stream = stream { $0.faults = [.init(.reset, at: place)] }
                var passed: [UInt8] = []
                for start in Swift.stride(from: 0, to: bytes.count, by: size) {
                    stream.take(bytes[start..<min(start + size, bytes.count)], now: self.start)
                    let (pieces, end) = pass(&stream, at: self.start)
                    passed += pieces.flatMap(\.self)
                    if case .fail = end { break }
                }
                #expect(passed == Array(bytes.prefix(count)), "\(place) in pieces of \(size)")
            }
        }
    }

    @Test func followsANewPlanFromWhereItIs() {
        var stream = stream { _ in }
        let bytes = message("D", 4) + message("D", 4)
        stream.take(bytes.prefix(12), now: start)
        #expect(pass(&stream, at: start).pieces == [Array(bytes.prefix(12))])
        var plan = FaultPlan.Stream()
        plan.faults = [.init(.cut, at: .message(1, kind: "D"))]
        stream.follow(plan, now: start)
        stream.take(bytes.dropFirst(12) + message("D", 0), now: start)
        // In the middle of a message: the next one is meant.
        #expect(pass(&stream, at: start).pieces.flatMap(\.self) == Array(bytes.dropFirst(12)))
    }

    @Test func knowsAClientsFirstMessages() {
        let sslRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
        let startup: [UInt8] = [0, 0, 0, 9, 0, 3, 0, 0, 0]
        var client = stream(ofClient: true) { $0.faults = [.init(.reset, at: .message(1, kind: "Q"))] }
        client.take(sslRequest, now: start)
        guard case .write(let first) = client.step(now: start) else {
            Issue.record("nothing to write")
            return
        }
        #expect(client.wrote(first.count, now: start) == [.encryptionAsked])
        client.take(startup + message("p", 3) + message("Q", 1), now: start)
        let (pieces, end) = pass(&client, at: start)
        #expect(pieces.flatMap(\.self) == startup + message("p", 3))
        #expect(end == .fail(.reset))

        // The server says no, and its messages begin after that byte; after a yes nobody knows.
        for (answer, length) in [(UInt8(ascii: "N"), 6), (UInt8(ascii: "S"), 14)] {
            var server = stream { $0.faults = [.init(.reset, at: .message(1, kind: "Z"))] }
            server.counter.expectAnswer()
            server.take([answer] + message("R", 0) + message("Z", 3), now: start)
            #expect(pass(&server, at: start).pieces.flatMap(\.self).count == length)
        }
    }
}

/// What becomes of connections through a proxy whose ends hang up at bad moments.
@Suite(.timeLimit(.minutes(1))) struct ProxyEndTests {
    @Test("a fault that comes when one end has hung up already ends the connection", arguments: ["cut", "half open"])
    func lateFault(_ name: String) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            while true { _ = try s.read() }
        }
        let proxy = try FaultProxy(to: .port(server.port)) { _ in
            var plan = FaultPlan(name == "cut" ? .cut : .halfOpen, .toServer, at: .message(2))
            plan.toServer.delay = .milliseconds(50)
            return plan
        }
        do {
            let client = try RawClient(port: proxy.port)
            client.startUp()
            #expect(client.kindsUntilReady().last == "Z")
            client.send("Q") { $0.append(cString: "SELECT 1") }
            // It goes before the proxy has passed that on.
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while proxy.connectionCount > 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(proxy.connectionCount == 0)
        #expect(proxy.faultCount == 1)
        proxy.stop()
    }
}
