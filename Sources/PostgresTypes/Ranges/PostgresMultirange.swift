public import PostgresWire

/// Several ranges in one value, as PostgreSQL has them from version 14.
///
/// The server sorts the ranges, drops empty ones and joins those that touch; here they stay as they were given.
public struct PostgresMultirange<Bound: PostgresRangeBound>: Hashable, Sendable {
    public var ranges: [PostgresRange<Bound>]

    public init(_ ranges: [PostgresRange<Bound>] = []) { self.ranges = ranges }

    /// True when the value is in one of the ranges.
    public func contains(_ value: Bound) -> Bool { ranges.contains { $0.contains(value) } }
}

extension PostgresMultirange: ExpressibleByArrayLiteral {
    public init(arrayLiteral ranges: PostgresRange<Bound>...) { self.init(ranges) }
}

extension PostgresMultirange: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { Bound.postgresRangeType.multirange }

    /// The ranges' type, as the multirange's type says.
    private static func range(
        of type: PostgresType, _ failure: (Self.Type, PostgresType) -> PostgresError
    ) throws(PostgresError) -> PostgresType {
        if type == postgresType { return Bound.postgresRangeType }
        if let range = type.multirangeRange { return range }
        guard !type.isBuiltin, type.base.info == nil else { throw failure(Self.self, type) }
        return Bound.postgresRangeType
    }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if let real = type.ofTextForm {
            try self.init(text: try String(binary: bytes, type: .text), type: real)
            return
        }
        let range = try Self.range(of: type, PostgresError.cannotDecode)
        var ranges: [PostgresRange<Bound>] = []
        try RangeBytes.forEach(in: bytes, type: type) { (cell) throws(PostgresError) in
            ranges.append(try PostgresRange(binary: cell, type: range))
        }
        self.init(ranges)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        let range = try Self.range(of: type, PostgresError.cannotEncode)
        guard let count = Int32(exactly: ranges.count) else {
            throw PostgresError(.encodingFailed, "a multirange has more ranges than PostgreSQL can hold")
        }
        buffer.append(count)
        for one in ranges { try buffer.appendCell(one, as: range) }
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        let malformed = RangeBytes.error(type, "its text is malformed")
        let range = type.multirangeRange ?? Bound.postgresRangeType
        var scanner = RangeText.scanner(text)
        var ranges: [PostgresRange<Bound>] = []
        scanner.skipBlanks()
        guard scanner.takes(UInt8(ascii: "{")) else { throw malformed }
        scanner.skipBlanks()
        if !scanner.takes(UInt8(ascii: "}")) {
            repeat {
                scanner.skipBlanks()
                let parts = try RangeText(&scanner, type: range)
                ranges.append(try PostgresRange(parts, type: range))
                scanner.skipBlanks()
            } while scanner.takes(UInt8(ascii: ","))
            guard scanner.takes(UInt8(ascii: "}")) else { throw malformed }
        }
        scanner.skipBlanks()
        guard scanner.isAtEnd else { throw malformed }
        self.init(ranges)
    }
}

extension PostgresMultirange: LosslessStringConvertible {
    /// Reads PostgreSQL's text form, `{[1,5),[7,9)}`; nil for anything else.
    public init?(_ description: String) {
        guard let value = try? PostgresMultirange(text: description, type: Self.postgresType) else { return nil }
        self = value
    }

    /// PostgreSQL's text form.
    public var description: String { ValueText.description(of: self) }
}
