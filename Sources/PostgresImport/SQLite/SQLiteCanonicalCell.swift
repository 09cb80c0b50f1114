import CSQLite
import PostgresTypes
import PostgresWire

/// The canonical form of SQLite values, for the verification.
///
/// Kept apart from how values are loaded: text of dates is copied digit by digit where the load makes a number of it, so
/// that a mistake in either shows as a difference.
extension SQLiteCell {
    /// Appends one canonical cell. False, and nothing appended, when the type cannot hold the value.
    func appendCanonical(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        switch type {
        case .smallint, .integer, .bigint:
            return appendInteger(statement, storage, to: &row)
        case .text, .varchar:
            return appendText(statement, storage, to: &row)
        case .doublePrecision:
            switch storage {
            case SQLITE_INTEGER: row.append(double: Double(statement.integer(position)))
            case SQLITE_FLOAT: row.append(double: statement.real(position))
            case SQLITE_TEXT:
                guard let value = Double(String(decoding: statement.textBytes(position), as: UTF8.self)) else {
                    return false
                }
                row.append(double: value)
            default: return false
            }
        case .numeric:
            return appendNumeric(statement, storage, to: &row)
        case .timestamp, .timestamptz, .date:
            return appendInstant(statement, storage, to: &row)
        case .boolean:
            return appendBoolean(statement, storage, to: &row)
        case .time:
            guard storage == SQLITE_TEXT, let time = CivilTime(parsingTime: statement.textBytes(position)) else {
                return false
            }
            row.append(timeOfDay: time)
        case .uuid:
            return appendUUID(statement, storage, to: &row)
        case .bytea:
            if storage == SQLITE_BLOB {
                row.append(statement.blobBytes(position))
            } else {
                row.append(statement.textBytes(position))
            }
        case .json, .jsonb:
            guard storage != SQLITE_BLOB, let value = SQLiteJSON.parse(statement.textBytes(position)) else {
                return false
            }
            let start = row.beginCell()
            row.buffer.append(json: value, canonical: true)
            row.endCell(start)
        }
        return true
    }

    private func appendInteger(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        switch storage {
        case SQLITE_INTEGER: row.append(integer: statement.integer(position))
        case SQLITE_FLOAT:
            guard let value = ExactDecimal(shortest: statement.real(position)), value.fractionDigits == 0 else {
                return false
            }
            row.append(decimal: value)
        case SQLITE_TEXT:
            guard let value = ExactDecimal(parsing: statement.textBytes(position)) else { return false }
            row.append(decimal: value)
        default: return false
        }
        return true
    }

    private func appendNumeric(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        switch storage {
        case SQLITE_INTEGER: row.append(integer: statement.integer(position))
        case SQLITE_FLOAT:
            guard let value = ExactDecimal(shortest: statement.real(position)) else { return false }
            row.append(decimal: value)
        case SQLITE_TEXT:
            guard let value = ExactDecimal(parsing: statement.textBytes(position)) else { return false }
            row.append(decimal: value)
        default: return false
        }
        return true
    }

    private func appendText(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        switch storage {
        case SQLITE_TEXT:
            let text = statement.textBytes(position)
            if TextRules.isStorable(text) {
                row.append(text)
            } else {
                guard unfit == .replace else { return false }
                TextRules.repaired(text).withUnsafeBytes { row.append($0) }
            }
        case SQLITE_INTEGER: row.append(integer: statement.integer(position))
        case SQLITE_FLOAT:
            let start = row.beginCell()
            row.buffer.append(utf8: statement.real(position).description)
            row.endCell(start)
        default: return false
        }
        return true
    }

    private func appendBoolean(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        let first: UInt8
        switch storage {
        case SQLITE_INTEGER: first = statement.integer(position) == 0 ? UInt8(ascii: "f") : UInt8(ascii: "t")
        case SQLITE_TEXT:
            guard let byte = statement.textBytes(position).first else { return false }
            first = byte | 0x20
        default: return false
        }
        row.append(first == UInt8(ascii: "t") ? "true" : "false")
        return true
    }

    private func appendInstant(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        var time: CivilTime
        switch storage {
        case SQLITE_TEXT:
            guard let parsed = CivilTime(parsing: statement.textBytes(position)) else { return false }
            time = parsed
            if let offset = parsed.offset, offset != 0 { time = CivilTime(microseconds: parsed.microseconds) }
        case SQLITE_INTEGER:
            guard let microseconds = epoch?.microseconds(statement.integer(position)) else { return false }
            time = CivilTime(microseconds: microseconds)
        case SQLITE_FLOAT:
            guard let microseconds = epoch?.microseconds(statement.real(position)) else { return false }
            time = CivilTime(microseconds: microseconds)
        default: return false
        }
        if type == .date {
            row.append(date: time)
        } else {
            row.append(timestamp: time, isUTC: type == .timestamptz)
        }
        return true
    }

    private func appendUUID(_ statement: SQLiteStatement, _ storage: Int32, to row: inout CanonicalRow) -> Bool {
        let start = row.beginCell()
        if storage == SQLITE_BLOB {
            UUIDText.append(statement.blobBytes(position), textTo: &row.buffer)
        } else {
            // In lower case: 0x20 is set already in digits and dashes.
            for byte in statement.textBytes(position) { row.buffer.append(byte | 0x20) }
        }
        row.endCell(start)
        return true
    }
}
