public import PostgresWire

/// `double precision`; reads `real` too. Not `numeric`, which has values that no `Double` is equal to.
extension Double: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .float8 }
    @inlinable public static var postgresArrayType: PostgresType { .float8Array }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if type == .float8, bytes.byteCount == 8 {
            self.init(bitPattern: bytes.bigEndian())
        } else if type == .float4, bytes.byteCount == 4 {
            self.init(Float(bitPattern: bytes.bigEndian()))
        } else {
            throw FloatCoding.error(Double.self, type: type)
        }
    }

    /// Writes `double precision`; `real` where it holds the value exactly; `numeric` as the shortest decimal that reads
    /// back as the same `Double`.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if type == .float8 {
            buffer.append(bitPattern)
        } else {
            try FloatCoding.encode(self, into: &buffer, as: type)
        }
    }
}

/// `real`; reads `double precision` where it holds the value exactly.
extension Float: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .float4 }
    @inlinable public static var postgresArrayType: PostgresType { .float4Array }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if type == .float4, bytes.byteCount == 4 {
            self.init(bitPattern: bytes.bigEndian())
        } else {
            self = try FloatCoding.narrow(bytes, type: type)
        }
    }

    /// Writes `real`, `double precision` (the same value), or `numeric` (the shortest decimal that reads back as the same
    /// `Float`).
    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if type == .float4 {
            buffer.append(bitPattern)
        } else {
            try FloatCoding.encode(self, into: &buffer, as: type)
        }
    }
}

/// The conversions that are not the common case.
@usableFromInline
enum FloatCoding {
    @usableFromInline
    static func error<F>(_: F.Type, type: PostgresType) -> PostgresError {
        switch type {
        case .float4, .float8: return .invalidBytes(F.self, type: type, "it has the wrong length")
        case .numeric:
            var error = PostgresError.cannotDecode(F.self, from: type)
            error.advice = "Read it as PostgresNumeric or Decimal, or cast it to double precision in SQL"
            return error
        default: return .cannotDecode(F.self, from: type)
        }
    }

    @usableFromInline
    static func narrow(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> Float {
        guard type == .float8, bytes.byteCount == 8 else { throw error(Float.self, type: type) }
        let value = Double(bitPattern: bytes.bigEndian())
        if value.isNaN { return .nan }
        guard let narrow = Float(exactly: value) else {
            throw .invalidBytes(Float.self, type: type, "it has more digits than a Float")
        }
        return narrow
    }

    @usableFromInline
    static func encode<F: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: F, into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        switch type {
        case .float8:
            buffer.append(Double(value).bitPattern)
        case .float4:
            guard let narrow = value.isNaN ? Float.nan : Float(exactly: value) else {
                throw .outOfRange(F.self, as: type)
            }
            buffer.append(narrow.bitPattern)
        case .numeric:
            guard let numeric = PostgresNumeric(shortest: value) else { throw .outOfRange(F.self, as: type) }
            try numeric.encode(into: &buffer, as: type)
        default:
            throw .cannotEncode(F.self, as: type)
        }
    }
}
