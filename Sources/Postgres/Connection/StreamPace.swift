/// How long the socket of a long answer is left alone, so that more of it comes with one read.
///
/// A server sends rows in pieces of 8 KB. A client that is faster than the server is woken for each of them, which costs
/// both more than the bytes do: the server has to wake it, and a wait, a read and a copy are paid for some tens of rows.
/// So the socket of a stream is not looked at until some 64 KB must have come, by the stream's own rate.
///
/// Only where that is little beside what the stream has taken so far, and where it is fast: rows that trickle are wanted
/// when they come. A pause that brings less than it should, since the socket holds no more or the server thinks, is not
/// repeated for a long while.
struct StreamPace {
    /// When the rate is counted from, in nanoseconds of the loop's clock; 0: nothing has come.
    private var began: Int64 = 0
    /// What has come since.
    private var bytes = 0
    /// What has to come before the next pause, and what had to the last time.
    private var missing = 192 * 1024
    private var price = 192 * 1024
    /// What the pause before this read was to bring; 0 where there was none.
    private var expected = 0

    /// What is to come with a read: well below what fits in a socket, where the server would have to wait.
    private static let wanted = 64 * 1024
    /// Bytes after which the older half of what the rate is counted from is forgotten.
    private static let window = 1024 * 1024
    /// Bounds of a pause, in nanoseconds.
    private static let shortest: Int64 = 100_000
    private static let longest: Int64 = 1_000_000
    /// A pause is at most such a part of the time that the rate is counted from.
    private static let share: Int64 = 16

    /// A read of the stream has brought `count` bytes at `now`: the nanoseconds to leave the socket alone, nil for none.
    mutating func pause(after count: Int, now: Int64) -> Int64? {
        let missed = count < expected / 2
        let hasPaused = expected > 0
        expected = 0
        guard began != 0, !missed else {
            if missed {
                price = min(price * 8, Int(Int32.max))
                missing = price
            }
            began = now
            bytes = 0
            return nil
        }
        bytes += count
        missing -= min(missing, count)
        let elapsed = now - began
        guard missing == 0, elapsed > 0 else { return nil }
        // As much without a pause: the reader is no faster than the server, and finds enough each time.
        guard count < (hasPaused ? Self.wanted * 3 / 2 : Self.wanted / 2) else { return nil }
        let ideal = Double(elapsed) * Double(Self.wanted) / Double(bytes)
        guard ideal <= Double(4 * Self.longest) else { return nil }
        let pause = min(Int64(ideal), elapsed / Self.share, Self.longest)
        guard pause >= Self.shortest else { return nil }
        expected = Int(Double(pause) / ideal * Double(Self.wanted))
        if bytes > Self.window {
            bytes /= 2
            began += elapsed / 2
        }
        return pause
    }
}
