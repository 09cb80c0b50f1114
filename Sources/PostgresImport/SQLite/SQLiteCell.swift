import CSQLite
import PostgresWire

/// How one column's values go from SQLite into PostgreSQL's binary form.
struct SQLiteCell {
    let position: Int32
    let type: ColumnType
    let epoch: ColumnPlan.Epoch?
    let unfit: ColumnPlan.Unfit

    init(_ column: ColumnPlan, position: Int32) {
        self.position = position
        type = column.type
        epoch = column.epoch
        unfit = column.unfit
    }

    /// Microseconds and days between 1970, where SQLite counts from, and 2000, where PostgreSQL does.
    static let microsecondsTo2000 = 946_684_800_000_000
    private static let daysTo2000 = 10_957
    private static let microsecondsPerDay = 86_400_000_000

    /// Appends the value's bytes without their length. False when the type cannot hold the value; what was appended is
    /// then the caller's to take back.
    func append(_ statement: SQLiteStatement, _ storage: Int32, to buffer: inout PostgresBuffer) -> Bool {
        switch type {
        case .bigint:
            guard let value = integer(statement, storage) else { return false }
            buffer.append(value)
        case .text, .varchar:
            return appendText(statement, storage, to: &buffer)
        case .doublePrecision:
            guard let value = double(statement, storage) else { return false }
            buffer.append(value.bitPattern)
        case .numeric(let size):
            guard let value = decimal(statement, storage), Self.fits(value, size) else { return false }
            value.append(numericTo: &buffer)
        case .timestamp, .timestamptz:
            guard let value = microseconds(statement, storage) else { return false }
            buffer.append(Int64(value - Self.microsecondsTo2000))
        case .boolean:
            guard let value = boolean(statement, storage) else { return false }
            buffer.append(UInt8(value ? 1 : 0))
        case .integer:
            guard let value = integer(statement, storage).flatMap({ Int32(exactly: $0) }) else { return false }
            buffer.append(value)
        case .smallint:
            guard let value = integer(statement, storage).flatMap({ Int16(exactly: $0) }) else { return false }
            buffer.append(value)
        case .date:
            guard let value = microseconds(statement, storage), value % Self.microsecondsPerDay == 0 else {
                return false
            }
            guard let days = Int32(exactly: value / Self.microsecondsPerDay - Self.daysTo2000) else { return false }
            buffer.append(days)
        case .time:
            guard storage == SQLITE_TEXT, let time = CivilTime(parsingTime: statement.textBytes(position)) else {
                return false
            }
            buffer.append(Int64(time.microsecondsOfDay))
        case .uuid:
            return appendUUID(statement, storage, to: &buffer)
        case .bytea:
            return appendBytes(statement, storage, to: &buffer)
        case .json, .jsonb:
            guard storage != SQLITE_BLOB else { return false }
            let text = statement.textBytes(position)
            guard SQLiteJSON.parse(text) != nil else { return false }
            // jsonb is its version and then text.
            if type == .jsonb { buffer.append(UInt8(1)) }
            buffer.append(text)
        }
        return true
    }

    static func fits(_ value: ExactDecimal, _ size: ColumnType.NumericSize?) -> Bool {
        guard let size else { return true }
        var value = value
        value.dropTrailingZeros()
        return value.fractionDigits <= size.scale && value.integerDigits <= size.precision - size.scale
    }

    private func integer(_ statement: SQLiteStatement, _ storage: Int32) -> Int64? {
        switch storage {
        case SQLITE_INTEGER: statement.integer(position)
        case SQLITE_FLOAT: Int64(exactly: statement.real(position))
        case SQLITE_TEXT: ExactDecimal(parsing: statement.textBytes(position))?.int64
        default: nil
        }
    }

    private func double(_ statement: SQLiteStatement, _ storage: Int32) -> Double? {
        switch storage {
        case SQLITE_INTEGER: return Double(exactly: statement.integer(position))
        case SQLITE_FLOAT: return statement.real(position)
        case SQLITE_TEXT:
            // Only text that the double gives back.
            guard let decimal = ExactDecimal(parsing: statement.textBytes(position)),
                let value = Double(String(decoding: statement.textBytes(position), as: UTF8.self)),
                var shortest = ExactDecimal(shortest: value)
            else { return nil }
            var written = decimal
            written.dropTrailingZeros()
            shortest.dropTrailingZeros()
            return written == shortest ? value : nil
        default: return nil
        }
    }

    private func decimal(_ statement: SQLiteStatement, _ storage: Int32) -> ExactDecimal? {
        switch storage {
        case SQLITE_INTEGER: ExactDecimal(statement.integer(position))
        case SQLITE_FLOAT: ExactDecimal(shortest: statement.real(position))
        case SQLITE_TEXT: ExactDecimal(parsing: statement.textBytes(position))
        default: nil
        }
    }

    private func boolean(_ statement: SQLiteStatement, _ storage: Int32) -> Bool? {
        switch storage {
        case SQLITE_INTEGER:
            switch statement.integer(position) {
            case 0: false
            case 1: true
            default: nil
            }
        case SQLITE_TEXT: TextRules.boolean(statement.textBytes(position))
        default: nil
        }
    }

    /// Microseconds since 1970 within the years 1 to 9999, of text or of a number that the plan says what it counts.
    private func microseconds(_ statement: SQLiteStatement, _ storage: Int32) -> Int? {
        switch storage {
        case SQLITE_TEXT:
            guard let time = CivilTime(parsing: statement.textBytes(position)) else { return nil }
            // A timestamp without zone has no room for an offset.
            if type != .timestamptz, time.offset != nil { return nil }
            return time.microseconds
        case SQLITE_INTEGER:
            return epoch.flatMap { $0.microseconds(statement.integer(position)) }
        case SQLITE_FLOAT:
            return epoch.flatMap { $0.microseconds(statement.real(position)) }
        default: return nil
        }
    }

    private func appendText(_ statement: SQLiteStatement, _ storage: Int32, to buffer: inout PostgresBuffer) -> Bool {
        let start = buffer.count
        switch storage {
        case SQLITE_TEXT:
            let text = statement.textBytes(position)
            if TextRules.isStorable(text) {
                buffer.append(text)
            } else {
                guard unfit == .replace else { return false }
                buffer.append(TextRules.repaired(text))
            }
        case SQLITE_INTEGER: buffer.append(decimal: statement.integer(position))
        case SQLITE_FLOAT: buffer.append(utf8: statement.real(position).description)
        default: return false
        }
        guard case .varchar(let length) = type, buffer.count - start > length else { return true }
        return buffer.withUnsafeBytes { TextRules.characterCount(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            <= length
    }

    private func appendUUID(_ statement: SQLiteStatement, _ storage: Int32, to buffer: inout PostgresBuffer) -> Bool {
        switch storage {
        case SQLITE_TEXT: return UUIDText.append(statement.textBytes(position), bytesTo: &buffer)
        case SQLITE_BLOB:
            let bytes = statement.blobBytes(position)
            guard bytes.count == 16 else { return false }
            buffer.append(bytes)
            return true
        default: return false
        }
    }

    private func appendBytes(_ statement: SQLiteStatement, _ storage: Int32, to buffer: inout PostgresBuffer) -> Bool {
        switch storage {
        case SQLITE_BLOB: buffer.append(statement.blobBytes(position))
        case SQLITE_TEXT: buffer.append(statement.textBytes(position))
        case SQLITE_INTEGER: buffer.append(decimal: statement.integer(position))
        default: buffer.append(utf8: statement.real(position).description)
        }
        return true
    }
}

extension ColumnPlan.Epoch {
    /// Seconds between 1970-01-01 and 2001-01-01.
    private static var secondsTo2001: Int64 { 978_307_200 }

    /// Microseconds since 1970 of an integer; nil outside the years 1 to 9999 and where a nanosecond would be lost.
    func microseconds(_ value: Int64) -> Int? {
        let result: (partialValue: Int64, overflow: Bool)
        switch self {
        case .seconds: result = value.multipliedReportingOverflow(by: 1_000_000)
        case .secondsSince2001:
            let (seconds, overflow) = value.addingReportingOverflow(Self.secondsTo2001)
            return overflow ? nil : Self.seconds.microseconds(seconds)
        case .milliseconds: result = value.multipliedReportingOverflow(by: 1000)
        case .microseconds: result = (value, false)
        case .nanoseconds: result = (value / 1000, value % 1000 != 0)
        case .julianDay: return JulianDay.microseconds(Double(value))
        }
        let microseconds = Int(result.partialValue)
        return !result.overflow && CivilTime.writable.contains(microseconds) ? microseconds : nil
    }

    /// Microseconds since 1970 of a real number, taken as the decimal it is written as; nil where something would be
    /// lost.
    func microseconds(_ value: Double) -> Int? {
        let shift: Int
        switch self {
        case .seconds: shift = 6
        case .milliseconds: shift = 3
        case .microseconds: shift = 0
        case .nanoseconds: shift = -3
        case .julianDay: return JulianDay.microseconds(value)
        case .secondsSince2001:
            return Self.seconds.microseconds(value).map { $0 + Int(Self.secondsTo2001) * 1_000_000 }
        }
        guard var decimal = ExactDecimal(shortest: value) else { return nil }
        decimal.exponent += shift
        guard let microseconds = decimal.int64.map({ Int($0) }), CivilTime.writable.contains(microseconds) else {
            return nil
        }
        return microseconds
    }
}
