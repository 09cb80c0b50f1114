import Postgres

/// Finds the rows that make two digests differ: reads both sides again and compares row by row those whose share of the
/// table does not add up.
struct DifferenceFinder<Source: ImportSource> {
    let source: Source
    let rows: TargetRows
    let layout: CanonicalLayout

    /// Differences reported at most, of each table.
    static var limit: Int { 20 }
    /// Rows held in memory at most.
    private static var maximumRows: Int { 5000 }

    /// The first differences, given the shares of both sides.
    func find(_ one: SideDigest, _ other: SideDigest, in connection: PostgresConnection) async throws -> [Difference] {
        let differing = one.shares.indices.filter { one.shares[$0] != other.shares[$0] }
        let rowsPerShare = max(1, max(one.count, other.count) / RowDigests.shareCount)
        let shares = Set(differing.prefix(max(1, Self.maximumRows / rowsPerShare)))
        var pending = try sourceRows(in: shares)
        var digests = try RowDigests(layout)
        var found: [Difference] = []
        var reader = try await rows.makeReader(over: connection)
        var row = CanonicalRow()
        while found.count < Self.limit, try await reader.next(&row) {
            guard shares.contains(digests.share(of: row)) else { continue }
            let bytes = row.buffer.withUnsafeBytes { Array($0) }
            let key = layout.keyBytes(of: bytes)
            let cells = CanonicalCell.split(bytes)
            if let expected = pending[key]?.popLast() {
                if pending[key]?.isEmpty == true { pending[key] = nil }
                found += differences(CanonicalCell.split(expected), cells)
            } else {
                found.append(difference(.additional, cells))
            }
        }
        for expected in pending.values.joined() where found.count < Self.limit {
            found.append(difference(.missing, CanonicalCell.split(expected)))
        }
        return Array(found.prefix(Self.limit))
    }

    /// The source's rows of some shares, by their keys. A table without a key may hold the same row several times.
    private func sourceRows(in shares: Set<Int>) throws -> [[UInt8]: [[UInt8]]] {
        let reader = try source.makeReader(for: rows.table)
        var found: [[UInt8]: [[UInt8]]] = [:]
        var digests = try RowDigests(layout)
        var row = CanonicalRow()
        while try reader.next() {
            row.removeAll()
            try reader.appendCanonical(to: &row)
            guard shares.contains(digests.share(of: row)) else { continue }
            let bytes = row.buffer.withUnsafeBytes { Array($0) }
            found[layout.keyBytes(of: bytes), default: []].append(bytes)
        }
        return found
    }

    /// One difference for each cell that is not the same.
    func differences(_ source: [CanonicalCell], _ target: [CanonicalCell]) -> [Difference] {
        var found: [Difference] = []
        for position in layout.names.indices where source[position] != target[position] {
            let type = layout.types[position]
            var shown = (source[position].shown(as: type), target[position].shown(as: type))
            // Long values may differ beyond what is shown.
            if shown.0 == shown.1 { shown = Self.around(source[position], target[position]) }
            found.append(
                Difference(
                    kind: .changed, table: rows.table.source, row: layout.name(ofRow: source),
                    column: layout.names[position], source: shown.0, target: shown.1))
        }
        return found
    }

    /// The part of two long values where they begin to differ.
    private static func around(_ one: CanonicalCell, _ other: CanonicalCell) -> (String, String) {
        let (left, right) = (one.bytes ?? [], other.bytes ?? [])
        let common = zip(left, right).prefix { $0 == $1 }.count
        func part(_ bytes: [UInt8]) -> String {
            let start = max(0, common - 30)
            return "…" + String(decoding: bytes[min(start, bytes.count)..<min(common + 60, bytes.count)], as: UTF8.self)
                + "… (from byte \(start))"
        }
        return (part(left), part(right))
    }

    func difference(_ kind: Difference.Kind, _ cells: [CanonicalCell]) -> Difference {
        var name = layout.name(ofRow: cells)
        if layout.key.isEmpty {
            name = "row (" + zip(cells, layout.types).map { $0.shown(as: $1) }.joined(separator: ", ") + ")"
        }
        return Difference(kind: kind, table: rows.table.source, row: name)
    }
}
