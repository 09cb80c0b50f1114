/// Rows under headings, as wide as their widest cell.
struct TextTable {
    /// On which side the cells of a column meet.
    enum Alignment: Sendable { case left, right }

    private var columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    /// An empty table; a column of numbers is aligned `.right`.
    init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    /// Adds a row; missing cells are empty.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, the headings first.
    func lines() -> [String] {
        let cells = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in
            cells.map { column < $0.count ? displayWidth($0[column]) : 0 }.max() ?? 0
        }
        return cells.map { row in
            let padded = columns.indices.map { column in
                let text = column < row.count ? row[column] : ""
                let space = String(repeating: " ", count: widths[column] - displayWidth(text))
                return columns[column].alignment == .left ? text + space : space + text
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// Prints the lines, the headings standing out.
    func print(on terminal: Terminal) {
        for (index, line) in lines().enumerated() {
            terminal.line("  " + (index == 0 ? terminal.styled(line, .bold) : line))
        }
    }

    /// Columns of the screen, near enough: a character of several scalars is one.
    private func displayWidth(_ text: String) -> Int { text.count }
}
