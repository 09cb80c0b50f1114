public import PostgresWire

extension PostgresRange: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { Bound.postgresRangeType }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if let real = type.ofTextForm {
            try self.init(text: try String(binary: bytes, type: .text), type: real)
            return
        }
        let bound = try RangeBytes.bound(
            of: type, natural: Self.postgresType, Bound.postgresType, PostgresError.cannotDecode, for: Self.self
        ).base
        let parts = try RangeBytes(bytes, type: type)
        if parts.flags & RangeBytes.empty != 0 {
            self = .empty
            return
        }
        var lower: Bound?
        var upper: Bound?
        if let cell = parts.lower { lower = try Bound(binary: bytes.extracting(cell), type: bound) }
        if let cell = parts.upper { upper = try Bound(binary: bytes.extracting(cell), type: bound) }
        // The order is the server's: a collation may order texts otherwise than Swift does.
        self.init(
            ordered: Self.limit(lower, isInclusive: parts.flags & RangeBytes.lowerInclusive != 0),
            Self.limit(upper, isInclusive: parts.flags & RangeBytes.upperInclusive != 0))
    }

    private static func limit(_ value: Bound?, isInclusive: Bool) -> Limit {
        guard let value else { return .unbounded }
        return isInclusive ? .inclusive(value) : .exclusive(value)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        let bound = try RangeBytes.bound(
            of: type, natural: Self.postgresType, Bound.postgresType, PostgresError.cannotEncode, for: Self.self
        ).base
        guard let lower, let upper else {
            buffer.append(RangeBytes.empty)
            return
        }
        var flags: UInt8 = 0
        switch lower {
        case .inclusive: flags |= RangeBytes.lowerInclusive
        case .exclusive: break
        case .unbounded: flags |= RangeBytes.lowerUnbounded
        }
        switch upper {
        case .inclusive: flags |= RangeBytes.upperInclusive
        case .exclusive: break
        case .unbounded: flags |= RangeBytes.upperUnbounded
        }
        buffer.append(flags)
        if let value = lower.value { try buffer.appendCell(value, as: bound) }
        if let value = upper.value { try buffer.appendCell(value, as: bound) }
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        try self.init(try RangeText(text, type: type), type: type)
    }

    init(_ parts: RangeText, type: PostgresType) throws(PostgresError) {
        let bound = (type.rangeBound ?? Bound.postgresType).base
        guard let lower = parts.lower, let upper = parts.upper else {
            self = .empty
            return
        }
        func limit(_ part: RangeText.Limit) throws(PostgresError) -> Limit {
            guard let text = part.text else { return .unbounded }
            return Self.limit(try Bound(text: text, type: bound), isInclusive: part.isInclusive)
        }
        self.init(ordered: try limit(lower), try limit(upper))
    }
}

extension PostgresRange: LosslessStringConvertible {
    /// Reads PostgreSQL's text form, `[1,5)`, `(,2024-01-01]` or `empty`; nil for anything else.
    public init?(_ description: String) {
        guard let range = try? PostgresRange(text: description, type: Self.postgresType) else { return nil }
        if let lower = range.lower?.value, let upper = range.upper?.value, lower > upper { return nil }
        self = range
    }

    /// PostgreSQL's text form.
    public var description: String { ValueText.description(of: self) }
}

/// The text form of a range taken apart (PostgreSQL documentation, "Range Input/Output").
struct RangeText {
    struct Limit {
        /// nil where there is no bound.
        var text: String?
        var isInclusive: Bool
    }

    /// nil when the range is empty.
    private(set) var lower: Limit?
    private(set) var upper: Limit?

    init(_ text: String, type: PostgresType) throws(PostgresError) {
        var scanner = RangeText.scanner(text)
        try self.init(&scanner, type: type)
        scanner.skipBlanks()
        guard scanner.isAtEnd else { throw RangeBytes.error(type, "its text is malformed") }
    }

    static func scanner(_ text: String) -> QuotedTextScanner {
        QuotedTextScanner(
            text, endings: [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: ")")], isBlankSkipped: false,
            doublesQuotes: true)
    }

    /// Reads one range and stops behind it.
    init(_ scanner: inout QuotedTextScanner, type: PostgresType) throws(PostgresError) {
        let malformed = RangeBytes.error(type, "its text is malformed")
        scanner.skipBlanks()
        let isLowerIn = scanner.takes(UInt8(ascii: "["))
        guard isLowerIn || scanner.takes(UInt8(ascii: "(")) else {
            guard scanner.takes(word: "empty") else { throw malformed }
            return
        }
        guard let first = scanner.item(), scanner.takes(UInt8(ascii: ",")), let last = scanner.item() else {
            throw malformed
        }
        let isUpperIn = scanner.takes(UInt8(ascii: "]"))
        guard isUpperIn || scanner.takes(UInt8(ascii: ")")) else { throw malformed }
        lower = Limit(text: first.isQuoted || !first.text.isEmpty ? first.text : nil, isInclusive: isLowerIn)
        upper = Limit(text: last.isQuoted || !last.text.isEmpty ? last.text : nil, isInclusive: isUpperIn)
    }
}
