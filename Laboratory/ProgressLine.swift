import Foundation
import PostgresLocks

/// One line that shows how far the run is, where standard error is a terminal.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let drawn = Mutex(ContinuousClock.now - .seconds(1))
    private let began = ContinuousClock.now

    init(isWanted: Bool) { isShown = isWanted && isatty(2) == 1 }

    func show(_ count: Int, of total: Int, violations: Int) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = drawn.withLock { drawn in
            guard now - drawn > .milliseconds(100) else { return false }
            drawn = now
            return true
        }
        guard isDue else { return }
        let filled = min(30, 30 * count / max(1, total))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        let rate = Int(Double(count) / max(0.001, (now - began) / .seconds(1)))
        let trouble = violations == 0 ? "" : "  \(violations) violations"
        write("\r\u{1B}[Kfaults  \(bar)  \(count)/\(total)  \(rate)/s\(trouble)")
    }

    func finish() { if isShown { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
