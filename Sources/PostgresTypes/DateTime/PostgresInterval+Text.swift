extension PostgresInterval: PostgresTextConvertible {
    /// Reads what the server writes with every `IntervalStyle`: `1 year 2 mons -3 days +04:05:06.7`, ISO 8601's
    /// `P1Y2M-3DT4H5M6.7S`, `@ 1 year 2 mons ago`, and the `+1-2 -3 +4:05:06.7` of standard SQL. No text means one thing in
    /// one of them and another in the next. Nil for anything else, and for a value beyond the range of its part.
    public init?(_ text: some StringProtocol) {
        let interval = DateTimeReader.read(text) { reader -> PostgresInterval? in
            if let sign = reader.infinity() { return sign > 0 ? .infinity : .negativeInfinity }
            var parts = IntervalReader(reader)
            if reader.next == UInt8(ascii: "P") { return parts.readISO() }
            if reader.next == UInt8(ascii: "@") { return parts.readVerbose() }
            var standard = parts
            return parts.readServer() ?? standard.readStandard()
        }
        guard let interval else { return nil }
        self = interval
    }

    public init?(_ description: String) { self.init(description[...]) }

    /// The server's text with `IntervalStyle` postgres.
    public var description: String {
        if self == .infinity { return "infinity" }
        if self == .negativeInfinity { return "-infinity" }
        return DateTimeWriter.text { write(to: &$0) }
    }

    private func write(to writer: inout DateTimeWriter) {
        var isEmpty = true
        var followsNegative = false
        let units: [(Int32, StaticString)] = [(months / 12, "year"), (months % 12, "mon"), (days, "day")]
        for (number, unit) in units where number != 0 {
            if !isEmpty { writer.append(" ") }
            // A sign is written out where the part before it was negative and this one is not.
            if followsNegative, number > 0 { writer.append("+") }
            writer.append(number)
            writer.append(" ")
            writer.append(text: unit)
            if number != 1 { writer.append("s") }
            isEmpty = false
            followsNegative = number < 0
        }
        guard isEmpty || microseconds != 0 else { return }
        if !isEmpty { writer.append(" ") }
        if microseconds < 0 { writer.append("-") } else if followsNegative { writer.append("+") }
        let size = microseconds.magnitude
        writer.append(size / 3_600_000_000, width: 2)
        writer.append(":")
        writer.append(size / 60_000_000 % 60, width: 2)
        writer.append(":")
        writer.append(size / 1_000_000 % 60, width: 2)
        writer.append(fraction: Int(size % 1_000_000))
    }
}
