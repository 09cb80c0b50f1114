public import PostgresWire

/// `numeric` on the wire (`numeric_send` and `numeric_recv` in the server's source): four 16-bit numbers - how many
/// groups, weight of the first, sign, scale - and the groups of four digits, each 0 to 9999.
extension PostgresNumeric: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    private enum Sign {
        static let positive: UInt16 = 0x0000
        static let negative: UInt16 = 0x4000
        static let notANumber: UInt16 = 0xC000
        static let infinity: UInt16 = 0xD000
        static let negativeInfinity: UInt16 = 0xF000
    }

    @inlinable public static var postgresType: PostgresType { .numeric }
    @inlinable public static var postgresArrayType: PostgresType { .numericArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .numeric else { throw .cannotDecode(PostgresNumeric.self, from: type) }
        guard bytes.byteCount >= 8 else { throw PostgresNumeric.invalid("its header is cut off") }
        let count = Int(bytes.bigEndian(at: 0, as: UInt16.self))
        let weight = Int(bytes.bigEndian(at: 2, as: Int16.self))
        let sign: UInt16 = bytes.bigEndian(at: 4)
        let scale = Int(bytes.bigEndian(at: 6, as: UInt16.self))
        guard bytes.byteCount == 8 + 2 * count else {
            throw PostgresNumeric.invalid("its number of digits and its length disagree")
        }
        switch sign {
        case Sign.positive, Sign.negative: break
        // The scale of these means nothing; servers send different ones.
        case Sign.notANumber where count == 0: self = .nan; return
        case Sign.infinity where count == 0: self = .infinity; return
        case Sign.negativeInfinity where count == 0: self = .negativeInfinity; return
        default: throw PostgresNumeric.invalid("its sign is unknown")
        }
        let value = try withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) {
            groups throws(PostgresError) -> PostgresNumeric? in
            for index in 0..<count {
                let group: UInt16 = bytes.bigEndian(at: 8 + 2 * index)
                guard group < 10000 else { throw PostgresNumeric.invalid("a digit is out of range") }
                groups[index] = group
            }
            return PostgresNumeric(isNegative: sign == Sign.negative, groups: groups, weight: weight, scale: scale)
        }
        guard let value else { throw PostgresNumeric.invalid("its scale hides digits, or is out of range") }
        self = value
    }

    /// Writes `numeric`; integers where the value is whole and in range; floats where the shortest decimal of the nearest
    /// float is the value, or the value is none but NaN or an infinity.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        switch type {
        case .numeric:
            appendGroups(to: &buffer)
        case .int2: buffer.append(try narrowed(to: Int16.self, type))
        case .int4: buffer.append(try narrowed(to: Int32.self, type))
        case .int8: buffer.append(try narrowed(to: Int64.self, type))
        case .oid: buffer.append(try narrowed(to: UInt32.self, type))
        case .float8:
            guard let value = float(as: Double.self) else { throw .outOfRange(PostgresNumeric.self, as: type) }
            buffer.append(value.bitPattern)
        case .float4:
            guard let value = float(as: Float.self) else { throw .outOfRange(PostgresNumeric.self, as: type) }
            buffer.append(value.bitPattern)
        default:
            throw .cannotEncode(PostgresNumeric.self, as: type)
        }
    }

    private func narrowed<I: FixedWidthInteger>(to: I.Type, _ type: PostgresType) throws(PostgresError) -> I {
        guard let value = integerValue(as: I.self) else { throw .outOfRange(PostgresNumeric.self, as: type) }
        return value
    }

    private func appendGroups(to buffer: inout PostgresBuffer) {
        let sign =
            switch kind {
            case .positive: Sign.positive
            case .negative: Sign.negative
            case .notANumber: Sign.notANumber
            case .infinity: Sign.infinity
            case .negativeInfinity: Sign.negativeInfinity
            }
        // At most 32768 groups before the point and 4096 after it.
        buffer.append(UInt16(truncatingIfNeeded: groupCount))
        buffer.append(weight)
        buffer.append(sign)
        buffer.append(UInt16(truncatingIfNeeded: scale))
        for index in 0..<Int(groupCount) { buffer.append(self[group: index]) }
    }

    private static func invalid(_ reason: String) -> PostgresError {
        .invalidBytes(PostgresNumeric.self, type: .numeric, reason)
    }
}
