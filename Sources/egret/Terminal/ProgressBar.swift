import PostgresLocks

/// One line that shows how far something is, redrawn at most ten times a second.
///
/// Where standard error is no terminal it shows nothing. Safe to update from many tasks.
final class ProgressBar: Sendable {
    private struct State {
        var completed = 0
        var label: String
        var drawn: ContinuousClock.Instant?
    }

    private let terminal: Terminal
    private let unit: String
    private let total: Int?
    private let begin = ContinuousClock.now
    private let state: Mutex<State>

    /// - Parameters:
    ///   - label: what is being done, a word or two.
    ///   - total: how many there are, nil when that is not known.
    ///   - unit: what is counted, in the plural: `rows`.
    init(_ label: String, total: Int? = nil, unit: String = "rows", on terminal: Terminal) {
        self.terminal = terminal
        self.total = total
        self.unit = unit
        state = Mutex(State(label: label))
    }

    /// Adds to what is done.
    func advance(by count: Int) { redraw { $0.completed += count } }

    /// Sets what is done, and the label when one is given.
    func update(completed: Int, label: String? = nil) {
        redraw {
            $0.completed = completed
            if let label { $0.label = label }
        }
    }

    /// Takes the bar off the screen.
    func finish() { terminal.drawBar("") }

    private func redraw(_ change: (inout State) -> Void) {
        guard terminal.isInteractive else { return }
        let now = ContinuousClock.now
        let text: String? = state.withLock { state in
            change(&state)
            if let drawn = state.drawn, now - drawn < .milliseconds(100) { return nil }
            state.drawn = now
            return line(state, now)
        }
        if let text { terminal.drawBar(text) }
    }

    private func line(_ state: State, _ now: ContinuousClock.Instant) -> String {
        let elapsed = max((now - begin) / .seconds(1), 0.001)
        let rate = Figures.count(Int(Double(state.completed) / elapsed))
        guard let total, total > 0 else {
            return String(
                "\(state.label)  \(Figures.count(state.completed)) \(unit)  \(rate) \(unit)/s".prefix(
                    terminal.width - 1))
        }
        let share = min(1, Double(state.completed) / Double(total))
        let filled = Int(share * 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        let text =
            "\(state.label)  \(bar) \(Int(share * 100))%  \(Figures.count(state.completed))/\(Figures.count(total))"
            + "  \(rate) \(unit)/s"
        return String(text.prefix(terminal.width - 1))
    }
}
