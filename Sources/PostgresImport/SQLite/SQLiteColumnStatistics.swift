import CSQLite

/// What one pass over all values of a column has seen.
struct SQLiteColumnStatistics {
    var nulls = 0
    var integers = 0
    var reals = 0
    var texts = 0
    var blobs = 0

    var minimumInteger = Int64.max
    var maximumInteger = Int64.min
    /// Reals that are infinite; SQLite stores NaN as NULL.
    var infiniteReals = 0
    var minimumReal = Double.infinity
    var maximumReal = -Double.infinity
    /// Reals that are not the same after being taken for a Julian day of milliseconds and back.
    var inexactJulianDays = 0

    /// Of numbers and of text that is one: the most digits before and after the point.
    var integerDigits = 0
    var fractionDigits = 0
    /// Of reals alone.
    var realFractionDigits = 0

    /// The longest text or blob, in bytes.
    var maximumBytes = 0
    /// The longest text, in characters; counted only when its bytes would not fit `countFrom`.
    var maximumCharacters = 0
    /// Text that PostgreSQL cannot store, and where the first stands.
    var unstorableTexts = 0
    var firstUnstorable: String?
    var sixteenByteBlobs = 0

    /// Text that is a date or a date and time, by how it is written.
    var plainDates = 0
    var localTimes = 0
    var zonedTimes = 0
    /// Zoned ones whose offset is not zero.
    var shiftedTimes = 0
    var timesOfDay = 0
    /// False once two texts of dates are written in different ways.
    var hasOneLayout = true
    private var layout: Int?

    var uuids = 0
    var lowercaseUUIDs = 0
    var booleans = 0
    var decimals = 0
    var integerTexts = 0
    var jsonTexts = 0

    /// Values that are not NULL.
    var values: Int { integers + reals + texts + blobs }
    var instants: Int { plainDates + localTimes + zonedTimes }
    /// True when every value is a number.
    var isNumeric: Bool { texts == 0 && blobs == 0 }

    /// What a text is worth looking at for; grows cheaper with every shape it cannot have.
    private var asked: Shapes = [.instant, .timeOfDay, .uuid, .boolean, .decimal]

    private struct Shapes: OptionSet {
        var rawValue: UInt8
        static let instant = Shapes(rawValue: 1)
        static let timeOfDay = Shapes(rawValue: 2)
        static let uuid = Shapes(rawValue: 4)
        static let boolean = Shapes(rawValue: 8)
        static let decimal = Shapes(rawValue: 16)
        static let json = Shapes(rawValue: 32)
    }

    /// Starts with nothing seen. JSON is looked for only in columns declared as it.
    init(looksForJSON: Bool = false) {
        if looksForJSON { asked.insert(.json) }
    }

    /// Takes the current row's value into account. `row` names the row, should it have to be named.
    mutating func observe(_ statement: SQLiteStatement, _ column: Int32, row: @autoclosure () -> String) {
        switch statement.storage(column) {
        case SQLITE_NULL: nulls += 1
        case SQLITE_INTEGER:
            integers += 1
            let value = statement.integer(column)
            minimumInteger = min(minimumInteger, value)
            maximumInteger = max(maximumInteger, value)
        case SQLITE_FLOAT:
            observe(real: statement.real(column))
        case SQLITE_TEXT:
            observe(text: statement.textBytes(column), row: row())
        default:
            blobs += 1
            let count = statement.blobBytes(column).count
            maximumBytes = max(maximumBytes, count)
            if count == 16 { sixteenByteBlobs += 1 }
        }
    }

    private mutating func observe(real value: Double) {
        reals += 1
        guard let decimal = ExactDecimal(shortest: value) else {
            infiniteReals += 1
            return
        }
        minimumReal = min(minimumReal, value)
        maximumReal = max(maximumReal, value)
        integerDigits = max(integerDigits, decimal.integerDigits)
        realFractionDigits = max(realFractionDigits, decimal.fractionDigits)
        fractionDigits = max(fractionDigits, decimal.fractionDigits)
        if JulianDay.microseconds(value) == nil { inexactJulianDays += 1 }
    }

    private mutating func observe(text: UnsafeRawBufferPointer, row: @autoclosure () -> String) {
        texts += 1
        if text.count > maximumBytes { maximumBytes = text.count }
        if text.count > maximumCharacters {
            maximumCharacters = max(maximumCharacters, TextRules.characterCount(text))
        }
        if !TextRules.isStorable(text) {
            unstorableTexts += 1
            if firstUnstorable == nil { firstUnstorable = row() }
        }
        if !asked.isEmpty { observe(shapeOf: text) }
    }

    private mutating func observe(shapeOf text: UnsafeRawBufferPointer) {
        if asked.contains(.instant) {
            if let time = CivilTime(parsing: text) { observe(instant: time, text) } else { asked.remove(.instant) }
        }
        if asked.contains(.timeOfDay) {
            if CivilTime(parsingTime: text) != nil { timesOfDay += 1 } else { asked.remove(.timeOfDay) }
        }
        if asked.contains(.uuid) {
            let shape = UUIDText.shape(text)
            if shape.isUUID { uuids += 1 } else { asked.remove(.uuid) }
            if shape.isLowercase { lowercaseUUIDs += 1 }
        }
        if asked.contains(.boolean) {
            if TextRules.boolean(text) != nil { booleans += 1 } else { asked.remove(.boolean) }
        }
        if asked.contains(.decimal) {
            if let decimal = ExactDecimal(parsing: text) {
                decimals += 1
                integerDigits = max(integerDigits, decimal.integerDigits)
                fractionDigits = max(fractionDigits, decimal.fractionDigits)
                if decimal.int64 != nil { integerTexts += 1 }
            } else {
                asked.remove(.decimal)
            }
        }
        if asked.contains(.json) {
            if SQLiteJSON.isStorable(text) { jsonTexts += 1 } else { asked.remove(.json) }
        }
    }

    private mutating func observe(instant time: CivilTime, _ text: UnsafeRawBufferPointer) {
        if !time.hasTime {
            plainDates += 1
        } else if let offset = time.offset {
            zonedTimes += 1
            if offset != 0 { shiftedTimes += 1 }
        } else {
            localTimes += 1
        }
        // Length and the character between date and time tell the usual layouts apart.
        let separator = text.count > 10 ? Int(text[10]) : 0
        let last = text[text.count - 1] &- 0x30 <= 9 ? 0 : 1
        let seen = (text.count * 256 + separator) * 2 + last
        if let layout, layout != seen { hasOneLayout = false }
        layout = seen
    }
}

/// Julian days, as SQLite's date functions keep them: to the millisecond.
enum JulianDay {
    /// Julian day of 1970-01-01T00:00:00Z, in milliseconds.
    private static let unixEpoch: Int64 = 210_866_760_000_000

    /// Microseconds since 1970, when the day is within the years 1 to 9999 and nothing below a millisecond would be
    /// lost.
    static func microseconds(_ day: Double) -> Int? {
        guard day >= 1_721_425.5, day < 5_373_484.5 else { return nil }
        let milliseconds = (day * 86_400_000).rounded()
        guard milliseconds / 86_400_000 == day, let exact = Int64(exactly: milliseconds) else { return nil }
        return Int(exact - unixEpoch) * 1000
    }
}
