import PostgresWire

/// Rows picked while a table is read: the first, the last, and some at random.
///
/// The choice is the same every time for the same data, so that a failure can be looked at again.
struct SampleRows: Sendable {
    static let randomCount = 24

    private(set) var first: [CanonicalCell]?
    private var last: [UInt8]?
    private var picked: [[UInt8]] = []
    private var seen = 0
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Offers one row (reservoir sampling: each row is kept with the same chance).
    mutating func offer(_ row: borrowing CanonicalRow) {
        seen += 1
        if seen == 1 { first = row.cells() }
        if picked.count < Self.randomCount {
            picked.append(row.buffer.withUnsafeBytes { Array($0) })
            return
        }
        let place = Int(next() % UInt64(seen))
        if place < Self.randomCount { picked[place] = row.buffer.withUnsafeBytes { Array($0) } }
    }

    /// Offers the row that turned out to be the last.
    mutating func offerLast(_ row: borrowing CanonicalRow) {
        last = row.buffer.withUnsafeBytes { Array($0) }
    }

    /// The chosen rows, each once.
    var rows: [[CanonicalCell]] {
        var rows: [[CanonicalCell]] = first.map { [$0] } ?? []
        for bytes in picked + [last].compactMap({ $0 }) {
            let cells = CanonicalCell.split(bytes)
            if !rows.contains(cells) { rows.append(cells) }
        }
        return rows
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var value = random
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
