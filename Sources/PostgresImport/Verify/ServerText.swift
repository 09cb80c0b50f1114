import Postgres
import PostgresTypes
import PostgresWire

/// Rows fetched one by one by their key, with every value in the server's own words.
///
/// A way to the data that shares nothing with the load: the values are found by key, written as text by the server and
/// read as text here. A mistake in our binary forms, made alike in both directions, shows here.
struct ServerText: Sendable {
    let rows: TargetRows
    let layout: CanonicalLayout

    /// Settings that the text of values depends on. For the transaction only.
    static let settings = """
        SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'; \
        SET LOCAL extra_float_digits = 1
        """

    /// The canonical cells of the row with the key of `cells`; nil when there is none.
    func row(like cells: [CanonicalCell], in connection: PostgresConnection) async throws -> [CanonicalCell]? {
        var query = PostgresQuery(raw: "SELECT ")
        for (index, column) in rows.columns.enumerated() {
            if index > 0 { query.append(raw: ", ") }
            query.append(PostgresIdentifier(column))
            query.append(raw: "::text")
        }
        query.append(raw: " FROM \(rows.identifier.sql) WHERE ")
        for (index, position) in layout.key.enumerated() {
            if index > 0 { query.append(raw: " AND ") }
            query.append(PostgresIdentifier(layout.names[position]))
            query.append(raw: " = ")
            query.append(value: Self.literal(cells[position], layout.types[position]))
            query.append(raw: "::text::\(layout.types[position].sql)")
        }
        guard let row = try await connection.query(query).collect().first else { return nil }
        var canonical = CanonicalRow()
        for (index, column) in rows.table.columns.enumerated() {
            try Self.append(try row.decode(index, as: String?.self), as: column.type, to: &canonical)
        }
        if rows.table.documentColumn != nil {
            let text = try row.decode(rows.table.columns.count, as: String?.self)
            rows.appendDocument(try text.map { try JSONValue(parsing: $0) } ?? .null, to: &canonical)
        }
        return canonical.cells()
    }

    /// A canonical key cell as text that the server reads.
    private static func literal(_ cell: CanonicalCell, _ type: ColumnType) -> String? {
        guard let bytes = cell.bytes else { return nil }
        if type == .bytea {
            return "\\x" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        if type == .doublePrecision { return cell.shown(as: type) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Brings the server's text of a value to canonical form.
    private static func append(_ text: String?, as type: ColumnType, to row: inout CanonicalRow) throws {
        guard var text else {
            row.appendNull()
            return
        }
        switch type {
        case .doublePrecision:
            row.append(double: Double(text) ?? .nan)
            return
        case .numeric:
            if let decimal = Array(text.utf8).withUnsafeBytes({ ExactDecimal(parsing: $0) }) {
                row.append(decimal: decimal)
                return
            }
        case .bytea:
            let digits = text.utf8.dropFirst(2).compactMap { UUIDText.hexDigit($0) }
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            bytes.withUnsafeBytes { row.append($0) }
            return
        case .time: text = withMicroseconds(text)
        case .timestamp: text = withMicroseconds(text.replacing(" ", with: "T", maxReplacements: 1))
        case .timestamptz:
            if text.hasSuffix("+00") {
                text = withMicroseconds(String(text.dropLast(3)).replacing(" ", with: "T", maxReplacements: 1)) + "Z"
            }
        case .json, .jsonb:
            text = try JSONValue(parsing: text).json(canonical: true)
        default: break
        }
        Array(text.utf8).withUnsafeBytes { row.append($0) }
    }

    /// The server leaves out zeros at the end of a fraction.
    private static func withMicroseconds(_ text: String) -> String {
        guard let point = text.firstIndex(of: ".") else {
            return text.contains(":") ? text + ".000000" : text
        }
        let digits = text.distance(from: point, to: text.endIndex) - 1
        return text + String(repeating: "0", count: max(0, 6 - digits))
    }
}
