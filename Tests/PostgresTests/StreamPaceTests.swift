import Testing

@testable import Postgres

@Suite("Long answers are read in larger pieces")
struct StreamPaceTests {
    /// A server that writes so fast, in pieces of 8 KB, into a socket that holds so much; a reader that needs no time.
    private struct Stream {
        /// Nanoseconds that a piece takes.
        var piece: Int64
        /// Pieces.
        var holds: Int64 = 25
        var pace = StreamPace()
        var now: Int64 = 1_000_000
        private(set) var reads: [Int] = []
        private(set) var pauses: [Int64] = []

        /// Reads until at least `total` bytes have come.
        mutating func read(_ total: Int) {
            var read = 0
            var pause: Int64?
            while read < total {
                let waited = max(pause ?? 0, piece)
                now += waited
                let came = Int(min(waited / piece, holds)) * 8192
                read += came
                reads.append(came)
                pause = pace.pause(after: came, now: now)
                if let pause { pauses.append(pause) }
            }
        }
    }

    @Test("a fast stream is read in pieces of tens of kilobytes, after a beginning that is read as it comes")
    func fast() {
        var stream = Stream(piece: 136_000)
        stream.read(192 * 1024)
        #expect(stream.pauses.isEmpty)
        stream.read(8 * 1024 * 1024)
        let later = stream.reads.suffix(100)
        #expect(later.reduce(0, +) / later.count > 24 * 1024)
        #expect(stream.pauses.allSatisfy { 100_000...1_000_000 ~= $0 })
    }

    @Test("a pause is little beside the time the stream has taken")
    func share() {
        var stream = Stream(piece: 136_000)
        stream.read(400 * 1024)
        #expect(stream.pauses.allSatisfy { $0 <= (stream.now - 1_000_000) / 16 })
        #expect(!stream.pauses.isEmpty)
    }

    @Test("rows that trickle are read when they come")
    func slow() {
        var stream = Stream(piece: 800_000)
        stream.read(4 * 1024 * 1024)
        #expect(stream.pauses.isEmpty)
    }

    @Test("a socket that holds no more than a piece is left alone hardly ever")
    func smallSocket() {
        var stream = Stream(piece: 136_000, holds: 1)
        stream.read(20 * 1024 * 1024)
        #expect(!stream.pauses.isEmpty)
        #expect(stream.pauses.reduce(0, +) < stream.now / 50)
    }

    @Test("a reader that finds enough each time does not pause")
    func slowReader() {
        var pace = StreamPace()
        for turn in 1...1_000 {
            #expect(pace.pause(after: 100 * 1024, now: Int64(turn) * 1_500_000) == nil)
        }
    }

    @Test("what a server stops sending is asked for again without pauses")
    func stall() {
        var stream = Stream(piece: 136_000)
        stream.read(4 * 1024 * 1024)
        // 100 ms of nothing, then on as before.
        var pace = stream.pace
        #expect(pace.pause(after: 100, now: stream.now + 100_000_000) == nil)
        #expect(pace.pause(after: 8192, now: stream.now + 100_100_000) == nil)
    }
}
