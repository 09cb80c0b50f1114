import PostgresTypes
import PostgresWire

/// The canonical form of PostgreSQL's values, from their binary form.
enum TargetCell {
    /// Appends one canonical cell.
    static func append(
        _ bytes: UnsafeRawBufferPointer, as type: ColumnType, to row: inout CanonicalRow
    ) throws(PostgresError) {
        switch type {
        case .boolean: row.append(try load(UInt8.self, bytes, type) == 0 ? "false" : "true")
        case .smallint: row.append(integer: Int64(try load(Int16.self, bytes, type)))
        case .integer: row.append(integer: Int64(try load(Int32.self, bytes, type)))
        case .bigint: row.append(integer: try load(Int64.self, bytes, type))
        case .doublePrecision: row.append(double: Double(bitPattern: try load(UInt64.self, bytes, type)))
        case .numeric: try appendNumeric(bytes, type, to: &row)
        case .text, .varchar, .bytea: row.append(bytes)
        case .date:
            let days = Int(try load(Int32.self, bytes, type))
            if days == Int(Int32.max) || days == Int(Int32.min) {
                row.append(days > 0 ? "infinity" : "-infinity")
            } else {
                row.append(date: CivilTime(microseconds: (days + 10_957) * 86_400_000_000))
            }
        case .time:
            row.append(timeOfDay: CivilTime(microseconds: Int(try load(Int64.self, bytes, type))))
        case .timestamp, .timestamptz:
            let value = try load(Int64.self, bytes, type)
            if value == Int64.max || value == Int64.min {
                row.append(value > 0 ? "infinity" : "-infinity")
            } else {
                row.append(
                    timestamp: CivilTime(microseconds: Int(value) + SQLiteCell.microsecondsTo2000),
                    isUTC: type == .timestamptz)
            }
        case .uuid:
            guard bytes.count == 16 else { throw wrongLength(type) }
            let start = row.beginCell()
            UUIDText.append(bytes, textTo: &row.buffer)
            row.endCell(start)
        case .json, .jsonb:
            let value = try json(bytes, type)
            let start = row.beginCell()
            row.buffer.append(json: value, canonical: true)
            row.endCell(start)
        }
    }

    /// Parses the content of a json or jsonb cell.
    static func json(_ bytes: UnsafeRawBufferPointer, _ type: ColumnType) throws(PostgresError) -> JSONValue {
        // jsonb is its version and then text.
        let text = type == .jsonb ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : bytes
        do {
            return try JSONParser.parse(text, maximumDepth: 10_000)
        } catch {
            throw PostgresError(.decodingFailed, "a JSON value cannot be read: \(error)")
        }
    }

    private static func load<I: FixedWidthInteger & BitwiseCopyable>(
        _: I.Type, _ bytes: UnsafeRawBufferPointer, _ type: ColumnType
    ) throws(PostgresError) -> I {
        guard bytes.count == MemoryLayout<I>.size else { throw wrongLength(type) }
        return I(bigEndian: bytes.loadUnaligned(as: I.self))
    }

    private static func wrongLength(_ type: ColumnType) -> PostgresError {
        PostgresError(.decodingFailed, "a value of \(type) has a length that no such value has")
    }

    /// Writes base-10000 digits out in decimal, without zeros at either end.
    private static func appendNumeric(
        _ bytes: UnsafeRawBufferPointer, _ type: ColumnType, to row: inout CanonicalRow
    ) throws(PostgresError) {
        guard bytes.count >= 8 else { throw wrongLength(type) }
        func word(_ index: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        }
        let groups = Int(word(0))
        let weight = Int(Int16(bitPattern: word(1)))
        guard bytes.count == 8 + groups * 2 else { throw wrongLength(type) }
        switch word(2) {
        case 0xC000: return row.append("NaN")
        case 0xD000: return row.append("Infinity")
        case 0xF000: return row.append("-Infinity")
        default: break
        }
        var integer: [UInt8] = []
        var fraction: [UInt8] = []
        for group in 0..<groups {
            let value = word(4 + group)
            let digits = [value / 1000, value / 100 % 10, value / 10 % 10, value % 10].map { UInt8($0) + 0x30 }
            if group <= weight { integer += digits } else { fraction += digits }
        }
        // Groups that are zero at the end are not sent, nor those between the point and the first digit.
        if weight >= groups { integer += [UInt8](repeating: 0x30, count: (weight - groups + 1) * 4) }
        if weight < -1 { fraction = [UInt8](repeating: 0x30, count: (-1 - weight) * 4) + fraction }
        while fraction.last == 0x30 { fraction.removeLast() }
        let leading = integer.firstIndex { $0 != 0x30 } ?? integer.count
        integer.removeFirst(leading)
        if integer.isEmpty { integer = [0x30] }
        let isZero = integer == [0x30] && fraction.isEmpty
        let text = (word(2) == 0x4000 && !isZero ? [UInt8(ascii: "-")] : []) + integer
        let whole = fraction.isEmpty ? text : text + [UInt8(ascii: ".")] + fraction
        whole.withUnsafeBytes { row.append($0) }
    }
}
