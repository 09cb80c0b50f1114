/// Chooses the PostgreSQL type of a column from how it is declared and from all that it holds.
///
/// The declared type is followed as far as every value allows; a value is never changed to make it fit. What fits nothing
/// better becomes `text`, or `bytea` where there are blobs.
struct SQLiteTypeChooser {
    struct Choice: Equatable {
        var type: ColumnType
        var epoch: ColumnPlan.Epoch?
        var notes: [String] = []

        init(_ type: ColumnType, epoch: ColumnPlan.Epoch? = nil, _ notes: String...) {
            self.type = type
            self.epoch = epoch
            self.notes = notes
        }
    }

    let name: String
    let declared: DeclaredType
    let statistics: SQLiteColumnStatistics
    /// Part of a primary or unique key: two values that differ must differ in PostgreSQL too.
    let isKey: Bool
    /// The file belongs to Core Data, which counts seconds from 2001.
    var isCoreData = false

    /// Doubles hold every integer up to here.
    private static let exactInDouble: Int64 = 1 << 53

    func choose() -> Choice {
        if statistics.values == 0 { return emptyColumn() }
        return switch declared.category {
        case .boolean: boolean() ?? byStorage()
        case .integer: integer() ?? byStorage()
        case .text: text() ?? byStorage()
        case .blob, .none, .real: byStorage()
        case .numeric: numeric() ?? byStorage()
        case .date, .dateTime: instant() ?? byStorage()
        case .time: timeOfDay() ?? byStorage()
        case .uuid: uuid() ?? byStorage()
        case .json: json() ?? byStorage()
        }
    }

    private func emptyColumn() -> Choice {
        switch declared.category {
        case .none, .text: Choice(sizedText(longest: 0).type)
        case .boolean: Choice(.boolean)
        case .integer: Choice(integerType())
        case .blob: Choice(.bytea)
        case .real: Choice(.doublePrecision)
        case .numeric: Choice(.numeric(declaredNumericSize))
        case .date: Choice(.date)
        case .dateTime:
            Choice(declared.name.contains("ZONE") || declared.name.contains("TZ") ? .timestamptz : .timestamp)
        case .time: Choice(.time)
        case .uuid: Choice(.uuid)
        case .json: Choice(.jsonb)
        }
    }

    /// The type that holds what is there, whatever was declared.
    private func byStorage() -> Choice {
        let seen = statistics
        if seen.blobs == seen.values { return Choice(.bytea) }
        if seen.texts == seen.values {
            let text = sizedText(longest: seen.maximumCharacters)
            return declaredOtherwise(text, than: .none, .text, .blob)
        }
        if seen.integers == seen.values { return declaredOtherwise(Choice(.bigint), than: .none, .integer, .numeric) }
        if seen.isNumeric {
            let limits = -Self.exactInDouble...Self.exactInDouble
            if seen.integers == 0 || (limits.contains(seen.minimumInteger) && limits.contains(seen.maximumInteger)) {
                return declaredOtherwise(Choice(.doublePrecision), than: .none, .real, .numeric)
            }
            if seen.infiniteReals == 0 {
                return Choice(.numeric(nil), "holds reals, and integers that double precision would round")
            }
        }
        let mixture = [
            (seen.integers, "integers"), (seen.reals, "reals"), (seen.texts, "texts"), (seen.blobs, "blobs"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return Choice(
            seen.blobs > 0 ? .bytea : .text,
            "declared \(declared.text.isEmpty ? "without a type" : declared.text), holds \(mixture): "
                + (seen.blobs > 0 ? "kept as bytes" : "kept as text"))
    }

    /// Adds a note unless the declaration lets expect the choice.
    private func declaredOtherwise(_ choice: Choice, than expected: DeclaredType.Category...) -> Choice {
        guard !expected.contains(where: { $0 == declared.category }) else { return choice }
        var choice = choice
        choice.notes.append("declared \(declared.text), but not every value is one: \(choice.type) holds them all")
        return choice
    }

    // MARK: Numbers

    private func boolean() -> Choice? {
        let seen = statistics
        guard seen.reals == 0, seen.blobs == 0, seen.booleans == seen.texts else { return nil }
        guard seen.integers == 0 || (seen.minimumInteger >= 0 && seen.maximumInteger <= 1) else { return nil }
        // 'true', 'TRUE' and 1 would become one value.
        guard !isKey || seen.texts == 0 else { return nil }
        return Choice(.boolean)
    }

    private func integerType() -> ColumnType {
        switch declared.name {
        case "SMALLINT", "INT2", "TINYINT": .smallint
        case "INT4", "MEDIUMINT": .integer
        default: .bigint
        }
    }

    private func integer() -> Choice? {
        let seen = statistics
        guard seen.integers == seen.values else { return nil }
        switch integerType() {
        case .smallint where seen.minimumInteger >= Int64(Int16.min) && seen.maximumInteger <= Int64(Int16.max):
            return Choice(.smallint)
        case .integer where seen.minimumInteger >= Int64(Int32.min) && seen.maximumInteger <= Int64(Int32.max):
            return Choice(.integer)
        default: return Choice(.bigint)
        }
    }

    private var declaredNumericSize: ColumnType.NumericSize? {
        guard let precision = declared.sizes.first, (1...1000).contains(precision) else { return nil }
        let scale = declared.sizes.count > 1 ? declared.sizes[1] : 0
        return (0...precision).contains(scale) ? ColumnType.NumericSize(precision: precision, scale: scale) : nil
    }

    private func numeric() -> Choice? {
        let seen = statistics
        guard seen.blobs == 0, seen.infiniteReals == 0, seen.decimals == seen.texts else { return nil }
        // '1.0' and '1.00' would become one value.
        guard !isKey || seen.texts == 0 else { return nil }
        guard let size = declaredNumericSize else { return Choice(.numeric(nil)) }
        var digits = seen.integerDigits
        if seen.integers > 0 {
            let largest = max(seen.minimumInteger.magnitude, seen.maximumInteger.magnitude)
            digits = max(digits, largest == 0 ? 0 : String(largest).utf8.count)
        }
        if digits <= size.precision - size.scale, seen.fractionDigits <= size.scale { return Choice(.numeric(size)) }
        let reason =
            seen.fractionDigits > size.scale
            ? "up to \(seen.fractionDigits) digits after the point" : "up to \(digits) digits before the point"
        return Choice(.numeric(nil), "declared \(declared.text), holds values with \(reason)")
    }

    // MARK: Text

    private func sizedText(longest: Int) -> Choice {
        guard declared.category == .text, let length = declared.sizes.first, (1...10_485_760).contains(length),
            declared.name != "TEXT", declared.name != "CLOB"
        else { return Choice(.text) }
        guard longest <= length else {
            return Choice(.text, "declared \(declared.text), holds text of \(longest) characters")
        }
        return Choice(.varchar(length))
    }

    private func text() -> Choice? {
        let seen = statistics
        guard seen.texts == seen.values else { return nil }
        if seen.lowercaseUUIDs == seen.texts, declared.sizes.isEmpty || declared.sizes == [36] {
            return Choice(.uuid, "declared \(declared.text), every value is a UUID")
        }
        if seen.instants == seen.texts, seen.hasOneLayout, namesInstant, let choice = instant() {
            var choice = choice
            choice.notes.append("declared \(declared.text), every value is a date in ISO 8601")
            return choice
        }
        var choice = sizedText(longest: seen.maximumCharacters)
        if seen.integerTexts == seen.texts {
            choice.notes.append("every value is an integer; kept as text, as declared")
        }
        return choice
    }

    /// True for names such as `created_at`, `birthDate` and `timestamp`.
    private var namesInstant: Bool {
        let words = TargetNames.snakeCase(name).split(separator: "_")
        guard let last = words.last else { return false }
        let endings: Set<Substring> = [
            "at", "on", "date", "datetime", "time", "timestamp", "created", "updated", "modified", "deleted", "day",
            "birthday", "since", "until", "expires", "expiry",
        ]
        return endings.contains(last)
    }

    private func uuid() -> Choice? {
        let seen = statistics
        guard seen.uuids == seen.texts, seen.sixteenByteBlobs == seen.blobs, seen.isNumeric == false,
            seen.integers == 0, seen.reals == 0
        else { return nil }
        // The same UUID in capitals, or in bytes, would become one value with it.
        guard !isKey || seen.blobs == seen.values || seen.lowercaseUUIDs == seen.values else { return nil }
        return Choice(.uuid)
    }

    private func json() -> Choice? {
        let seen = statistics
        guard seen.texts == seen.values, seen.jsonTexts == seen.texts, !isKey else { return nil }
        return Choice(.jsonb)
    }

    // MARK: Dates

    private func timeOfDay() -> Choice? {
        let seen = statistics
        guard seen.texts == seen.values, seen.timesOfDay == seen.texts, !isKey else { return nil }
        return Choice(.time)
    }

    private func instant() -> Choice? {
        let seen = statistics
        guard seen.blobs == 0, seen.instants == seen.texts else { return nil }
        guard
            !isKey || (seen.texts == seen.values && seen.hasOneLayout && seen.shiftedTimes == 0)
                || seen.integers == seen.values
        else { return nil }
        if seen.texts == seen.values { return textInstant() }
        guard let epoch = epoch() else { return nil }
        var choice = Choice(.timestamptz, epoch: epoch, "numbers are \(Self.words(epoch))")
        if seen.texts > 0 {
            choice.notes.append("\(seen.texts) values are text, taken for UTC where they name no offset")
        }
        return choice
    }

    private func textInstant() -> Choice? {
        let seen = statistics
        if seen.plainDates == seen.texts { return Choice(declared.category == .dateTime ? .timestamp : .date) }
        if seen.zonedTimes == 0 { return Choice(.timestamp) }
        guard seen.zonedTimes == seen.texts else { return nil }
        guard seen.shiftedTimes > 0 else { return Choice(.timestamptz) }
        return Choice(
            .timestamptz, "\(seen.shiftedTimes) values name an offset; the instant is kept, the offset is not")
    }

    private static func words(_ epoch: ColumnPlan.Epoch) -> String {
        switch epoch {
        case .julianDay: "Julian days"
        case .secondsSince2001: "seconds since 2001, as Core Data counts"
        default: "\(epoch.rawValue) since 1970"
        }
    }

    /// What the numbers count, judged by where the years would lie. Nil when they can be no dates.
    private func epoch() -> ColumnPlan.Epoch? {
        let seen = statistics
        guard seen.infiniteReals == 0 else { return nil }
        let integers = seen.integers > 0 ? (Double(seen.minimumInteger), Double(seen.maximumInteger)) : nil
        let reals = seen.reals > 0 ? (seen.minimumReal, seen.maximumReal) : nil
        let low = min(integers?.0 ?? .infinity, reals?.0 ?? .infinity)
        let high = max(integers?.1 ?? -.infinity, reals?.1 ?? -.infinity)
        // 1721425.5 is the first of January of the year 1. Seconds that small would all lie in the weeks after 1970-01-20.
        if seen.reals > 0, low >= 1_721_425.5, high < 5_373_484.5 {
            return seen.inexactJulianDays == 0 ? .julianDay : nil
        }
        let largest = max(-low, high)
        if isCoreData { return largest <= 7.26e9 && seen.realFractionDigits <= 6 ? .secondsSince2001 : nil }
        // Seconds reach the year 2200 at 7.26e9; what goes beyond is taken for the next smaller unit.
        let (epoch, limit): (ColumnPlan.Epoch, Double) =
            switch largest {
            case ...7.26e9: (.seconds, 6)
            case ...7.26e12: (.milliseconds, 3)
            case ...7.26e15: (.microseconds, 0)
            default: (.nanoseconds, -3)
            }
        guard epoch != .nanoseconds else { return nil }
        return Double(seen.realFractionDigits) <= limit ? epoch : nil
    }
}
