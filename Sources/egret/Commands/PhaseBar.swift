import PostgresImport
import PostgresLocks

/// The progress of an import on the terminal's last line, redrawn at most ten times a second.
final class PhaseBar: Sendable {
    private let terminal: Terminal
    private let drawn = Mutex<(phase: ImportProgress.Phase, at: ContinuousClock.Instant)?>(nil)

    init(_ terminal: Terminal) { self.terminal = terminal }

    func show(_ progress: ImportProgress) {
        guard terminal.isInteractive, isDue(progress.phase) else { return }
        let width = 24
        let share = progress.totalRows > 0 ? min(1, Double(progress.rows) / Double(progress.totalRows)) : 1
        let filled = Int(share * Double(width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let label = progress.table.isEmpty ? progress.phase.rawValue : "\(progress.phase.rawValue) \(progress.table)"
        let rate = progress.rows > 0 ? "  \(Figures.rate(progress.rows, in: progress.elapsed)) rows/s" : ""
        let counts = "\(Figures.count(progress.rows))/\(Figures.count(progress.totalRows))"
        let text = "\(label)  \(bar) \(Int(share * 100))%  \(counts)\(rate)"
        terminal.drawBar(String(text.prefix(max(1, terminal.width - 1))))
    }

    func finish() { terminal.drawBar("") }

    private func isDue(_ phase: ImportProgress.Phase) -> Bool {
        let now = ContinuousClock.now
        return drawn.withLock { drawn in
            if let last = drawn, last.phase == phase, now - last.at < .milliseconds(100) { return false }
            drawn = (phase, now)
            return true
        }
    }
}
