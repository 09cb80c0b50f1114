import PostgresTypes
public import PostgresWire

/// The documents of one collection, as rows of its plan's columns and the rest as a document.
public final class MongoRowReader: RowReader {
    private let table: TablePlan
    private let reader: JSONDocumentReader
    private var document = JSONObject()

    init(table: TablePlan, path: String) throws(ImportError) {
        self.table = table
        reader = try JSONDocumentReader(path: path)
    }

    public func next() throws(ImportError) -> Bool {
        guard try reader.next() else { return false }
        document = try reader.parse()
        return true
    }

    public func appendCells(to buffer: inout PostgresBuffer) throws(ImportError) {
        var rest = document
        for column in table.columns {
            let start = buffer.count
            buffer.append(Int32(-1))
            guard let json = document[column.source] else { continue }
            if MongoCell.append(ExtendedJSON.value(json), as: column, to: &buffer) {
                buffer.overwrite(Int32(clamping: buffer.count - start - 4), at: start)
                // The key stays in the document, with its type.
                if column.source != MongoCell.key { rest[column.source] = nil }
            } else {
                buffer.truncate(to: start + 4)
            }
        }
        let data = ExtendedJSON.plain(.object(rest))
        try checkStorable(data)
        let start = buffer.count
        buffer.append(Int32(-1))
        // jsonb is its version and then text.
        buffer.append(UInt8(1))
        buffer.append(json: data)
        guard let length = Int32(exactly: buffer.count - start - 4) else { throw unfit("is over 2 GB") }
        buffer.overwrite(length, at: start)
    }

    public func appendCanonical(to row: inout CanonicalRow) throws(ImportError) {
        for column in table.columns {
            guard let json = document[column.source] else {
                row.appendNull()
                continue
            }
            if !MongoCell.appendCanonical(ExtendedJSON.value(json), as: column, to: &row) { row.appendNull() }
        }
        let start = row.beginCell()
        row.buffer.append(json: ExtendedJSON.plain(.object(document)), canonical: true)
        row.endCell(start)
    }

    private func checkStorable(_ data: JSONValue) throws(ImportError) {
        if data.containsNUL { throw unfit("holds a string with U+0000, which jsonb cannot store") }
        if !data.fitsNumeric { throw unfit("holds a number with more digits than jsonb can store") }
    }

    private func unfit(_ reason: String) -> ImportError {
        let id = document[MongoCell.key].map { " with _id \(ExtendedJSON.plain($0))" } ?? ""
        return ImportError(
            .unfitValue, "\(reader.place)\(id) \(reason)", advice: "Correct the document and export it again",
            table: table.source)
    }
}

/// How values of documents go into columns.
enum MongoCell {
    /// The field that is every document's key.
    static let key = "_id"

    /// Appends the value's bytes without their length. False when the column's type cannot hold it: the value then stays
    /// in the document.
    static func append(_ value: ExtendedJSON.Value, as column: ColumnPlan, to buffer: inout PostgresBuffer) -> Bool {
        switch (column.type, value) {
        case (.text, _):
            guard let text = text(value, of: column) else { return false }
            buffer.append(utf8: text)
        case (.uuid, .uuid(let text)), (.uuid, .string(let text)):
            return Array(text.utf8).withUnsafeBytes { UUIDText.append($0, bytesTo: &buffer) }
        case (.boolean, .bool(let value)):
            buffer.append(UInt8(value ? 1 : 0))
        case (.timestamptz, .date(let milliseconds)):
            guard ExtendedJSON.isoText(milliseconds: milliseconds) != nil else { return false }
            buffer.append(milliseconds * 1000 - Int64(SQLiteCell.microsecondsTo2000))
        case (.bigint, _):
            guard let integer = integer(value) else { return false }
            buffer.append(integer)
        case (.doublePrecision, _):
            guard let double = double(value) else { return false }
            buffer.append(double.bitPattern)
        case (.numeric(let size), _):
            guard let decimal = decimal(value), SQLiteCell.fits(decimal, size) else { return false }
            decimal.append(numericTo: &buffer)
        default: return false
        }
        return true
    }

    /// Appends a canonical cell; false, and nothing appended, in the same cases.
    static func appendCanonical(
        _ value: ExtendedJSON.Value, as column: ColumnPlan, to row: inout CanonicalRow
    ) -> Bool {
        switch (column.type, value) {
        case (.text, _):
            guard let text = text(value, of: column) else { return false }
            Array(text.utf8).withUnsafeBytes { row.append($0) }
        case (.uuid, .uuid(let text)), (.uuid, .string(let text)):
            let bytes = Array(text.lowercased().utf8)
            guard bytes.withUnsafeBytes({ UUIDText.shape($0).isUUID }) else { return false }
            bytes.withUnsafeBytes { row.append($0) }
        case (.boolean, .bool(let value)):
            row.append(value ? "true" : "false")
        case (.timestamptz, .date(let milliseconds)):
            guard let text = ExtendedJSON.isoText(milliseconds: milliseconds) else { return false }
            // Milliseconds and Z, to microseconds and Z.
            Array((text.dropLast() + "000Z").utf8).withUnsafeBytes { row.append($0) }
        case (.bigint, _):
            guard let integer = integer(value) else { return false }
            row.append(integer: integer)
        case (.doublePrecision, _):
            guard let double = double(value) else { return false }
            row.append(double: double)
        case (.numeric(let size), _):
            guard let decimal = decimal(value), SQLiteCell.fits(decimal, size) else { return false }
            row.append(decimal: decimal)
        default: return false
        }
        return true
    }

    /// Text of strings and ObjectIds. The key column takes everything, because every row must have its key: other values
    /// by their canonical JSON.
    private static func text(_ value: ExtendedJSON.Value, of column: ColumnPlan) -> String? {
        let text: String
        switch value {
        case .string(let string), .objectID(let string): text = string
        case .uuid(let string) where column.source == key: text = string
        case .integer(let integer) where column.source == key: text = String(integer)
        case .bool(let bool) where column.source == key: text = String(bool)
        case .date(let milliseconds) where column.source == key:
            text = ExtendedJSON.isoText(milliseconds: milliseconds) ?? String(milliseconds)
        case .double(let double) where column.source == key: text = JSONNumber(double)?.canonical ?? "\(double)"
        case .number(let number) where column.source == key: text = number.canonical
        case .decimal(let string) where column.source == key: text = string
        case .other(let json) where column.source == key: text = ExtendedJSON.plain(json).json(canonical: true)
        default: return nil
        }
        return text.utf8.contains(0) ? nil : text
    }

    private static func integer(_ value: ExtendedJSON.Value) -> Int64? {
        switch value {
        case .integer(let integer): integer
        case .double(let double): double.magnitude < 9_007_199_254_740_992 ? Int64(exactly: double) : nil
        case .number(let number): number.int64
        default: nil
        }
    }

    /// A finite double that gives the same number back.
    private static func double(_ value: ExtendedJSON.Value) -> Double? {
        switch value {
        case .integer(let integer): return Double(exactly: integer)
        case .double(let double): return double.isFinite ? double : nil
        case .number(let number): return JSONNumber(number.double) == number ? number.double : nil
        default: return nil
        }
    }

    private static func decimal(_ value: ExtendedJSON.Value) -> ExactDecimal? {
        switch value {
        case .integer(let integer): ExactDecimal(integer)
        case .double(let double): ExactDecimal(shortest: double)
        case .number(let number): Array(number.lexeme.utf8).withUnsafeBytes { ExactDecimal(parsing: $0) }
        case .decimal(let text): Array(text.utf8).withUnsafeBytes { ExactDecimal(parsing: $0) }
        default: nil
        }
    }
}
