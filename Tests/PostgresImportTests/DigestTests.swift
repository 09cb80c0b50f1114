import Testing

@testable import PostgresImport

@Suite("trap 105: digests of tables")
struct DigestTests {
    struct Row {
        var id: Int64
        var a: String?
        var b: String?
        var at = CivilTime(microseconds: 1_700_000_000_000_000)
        var x = 0.1
    }

    static let layout = CanonicalLayout(
        TablePlan(
            source: "t", target: "t", rowCount: 0,
            columns: ["id", "a", "b", "at", "x"].map { ColumnPlan(source: $0, target: $0, type: .text) },
            primaryKey: KeyPlan(name: "t_pkey", columns: ["id"])))

    func digest(_ rows: [Row], _ layout: CanonicalLayout = DigestTests.layout) throws -> SideDigest {
        var digests = try RowDigests(layout)
        for row in rows {
            var canonical = CanonicalRow()
            canonical.append(integer: row.id)
            for text in [row.a, row.b] {
                if let text {
                    Array(text.utf8).withUnsafeBytes { canonical.append($0) }
                } else {
                    canonical.appendNull()
                }
            }
            canonical.append(timestamp: row.at, isUTC: false)
            canonical.append(double: row.x)
            digests.add(canonical)
        }
        return digests.result
    }

    static let rows = (0..<50).map { Row(id: Int64($0), a: "name \($0) ", b: "ab") }

    @Test func theOrderDoesNotMatter() throws {
        #expect(try digest(Self.rows) == digest(Self.rows.reversed()))
        #expect(try digest(Self.rows).text.count == 32)
    }

    static let changes: [(String, @Sendable (inout [Row]) -> Void)] = [
        ("a missing row", { $0.remove(at: 7) }), ("a row twice", { $0.append($0[7]) }),
        ("a changed byte", { $0[7].a = "name 8 " }),
        ("a shifted timestamp", { $0[7].at = CivilTime(microseconds: 1_700_003_600_000_000) }),
        ("a microsecond", { $0[7].at = CivilTime(microseconds: 1_700_000_000_000_001) }),
        ("swapped columns", { (rows: inout [Row]) in (rows[7].a, rows[7].b) = (rows[7].b, rows[7].a) }),
        ("a rounded float", { $0[7].x = 0.1.nextUp }),
        ("a trimmed space", { $0[7].a = "name 7" }), ("NULL for empty", { $0[7].b = nil }),
        (
            "bytes moved over",
            {
                $0[7].a = "name 7 a"; $0[7].b = "b"
            }
        ),
        ("two rows' values exchanged", { (rows: inout [Row]) in (rows[7].a, rows[8].a) = (rows[8].a, rows[7].a) }),
        (
            "minus zero",
            {
                $0[7].x = -0.0; $0[8].x = 0.0
            }
        ),
        (
            "one changed, one back",
            {
                $0[7].id = 50; $0[8].id = 7
            }
        ),
    ]

    @Test("every change shows", arguments: changes.indices)
    func everyChange(index: Int) throws {
        var rows = Self.rows
        Self.changes[index].1(&rows)
        #expect(try digest(rows) != digest(Self.rows), "\(Self.changes[index].0)")
        #expect(try digest(rows).text != digest(Self.rows).text)
    }

    @Test func onlyTheShareOfTheChangedRowDiffers() throws {
        var rows = Self.rows
        rows[7].a = "x"
        let (one, other) = (try digest(Self.rows), try digest(rows))
        #expect(one.shares.indices.filter { one.shares[$0] != other.shares[$0] }.count == 1)
    }
}
