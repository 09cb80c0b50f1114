public import PostgresWire

/// An integer that PostgreSQL's integer types carry exactly or not at all.
///
/// Reads `smallint`, `integer`, `bigint`, `oid` and its kin, and `numeric` where the value is whole; never a float.
/// Writes the same, and `real` and `double precision` where they hold the value exactly. A value that does not fit
/// throws; nothing wraps, saturates or rounds.
public protocol PostgresInteger: FixedWidthInteger, BitwiseCopyable, PostgresEncodable, PostgresDecodable,
    PostgresArrayElement
{}

extension PostgresInteger {
    /// True when the natural type's bytes are the integer's own: the case that needs no conversion.
    @inlinable @inline(__always)
    static var isNaturallyItself: Bool { Self.isSigned && MemoryLayout<Self>.size >= 2 }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if Self.isNaturallyItself, type == Self.postgresType, bytes.byteCount == MemoryLayout<Self>.size {
            self = bytes.bigEndian()
        } else if type == .int4, bytes.byteCount == 4, let value = Self(exactly: bytes.bigEndian(as: Int32.self)) {
            self = value
        } else {
            self = try IntegerCoding.decode(bytes, type: type)
        }
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if Self.isNaturallyItself, type == Self.postgresType {
            buffer.append(self)
        } else if type == .int4, let value = Int32(exactly: self) {
            buffer.append(value)
        } else {
            try IntegerCoding.encode(self, into: &buffer, as: type)
        }
    }
}

/// The conversions that are not the common case.
@usableFromInline
enum IntegerCoding {
    /// Types whose binary form is an unsigned 32-bit number.
    static func isObjectIdentifier(_ type: PostgresType) -> Bool {
        type.isObjectIdentifier || type == .xid || type == .cid
    }

    @usableFromInline
    static func decode<I: FixedWidthInteger>(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> I {
        let value: Int128
        switch (type, bytes.byteCount) {
        case (.int2, 2): value = Int128(bytes.bigEndian(as: Int16.self))
        case (.int4, 4): value = Int128(bytes.bigEndian(as: Int32.self))
        case (.int8, 8): value = Int128(bytes.bigEndian(as: Int64.self))
        case (.xid8, 8): value = Int128(bytes.bigEndian(as: UInt64.self))
        case (.int2, _), (.int4, _), (.int8, _), (.xid8, _):
            throw .invalidBytes(I.self, type: type, "it has the wrong length")
        case (.numeric, _):
            return try PostgresNumeric(binary: bytes, type: type).integer(as: I.self)
        default:
            guard isObjectIdentifier(type) else { throw .cannotDecode(I.self, from: type) }
            guard bytes.byteCount == 4 else {
                throw .invalidBytes(I.self, type: type, "it has the wrong length")
            }
            value = Int128(bytes.bigEndian(as: UInt32.self))
        }
        guard let integer = I(exactly: value) else { throw .invalidBytes(I.self, type: type, "it is out of range") }
        return integer
    }

    @usableFromInline
    static func encode<I: FixedWidthInteger>(
        _ integer: I, into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        switch type {
        case .int2: buffer.append(try narrow(integer, to: Int16.self, type))
        case .int4: buffer.append(try narrow(integer, to: Int32.self, type))
        case .int8: buffer.append(try narrow(integer, to: Int64.self, type))
        case .xid8: buffer.append(try narrow(integer, to: UInt64.self, type))
        case .numeric: try PostgresNumeric(integer).encode(into: &buffer, as: type)
        case .float4:
            guard let value = Float(exactly: integer) else { throw .outOfRange(I.self, as: type) }
            buffer.append(value.bitPattern)
        case .float8:
            guard let value = Double(exactly: integer) else { throw .outOfRange(I.self, as: type) }
            buffer.append(value.bitPattern)
        default:
            guard isObjectIdentifier(type) else { throw .cannotEncode(I.self, as: type) }
            buffer.append(try narrow(integer, to: UInt32.self, type))
        }
    }

    private static func narrow<I: FixedWidthInteger, N: FixedWidthInteger>(
        _ integer: I, to: N.Type, _ type: PostgresType
    ) throws(PostgresError) -> N {
        guard let value = N(exactly: integer) else { throw .outOfRange(I.self, as: type) }
        return value
    }
}

extension Int: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int64: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int32: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int4 }
    @inlinable public static var postgresArrayType: PostgresType { .int4Array }
}

extension Int16: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int2 }
    @inlinable public static var postgresArrayType: PostgresType { .int2Array }
}

/// PostgreSQL has no one-byte integer.
extension Int8: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int2 }
    @inlinable public static var postgresArrayType: PostgresType { .int2Array }
}

extension UInt16: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int4 }
    @inlinable public static var postgresArrayType: PostgresType { .int4Array }
}

/// Also what an `oid` is read as. As a column of its own it is a `bigint`, which has arithmetic.
extension UInt32: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static var postgresArrayType: PostgresType { .int8Array }
}

/// A `bigint` where it fits, else a `numeric`: a parameter above `Int64.max` is sent as `numeric`.
extension UInt64: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static var postgresArrayType: PostgresType { .int8Array }
    @inlinable public var parameterType: PostgresType { self > UInt64(Int64.max) ? .numeric : .int8 }
}

/// As `UInt64`.
extension UInt: PostgresInteger {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static var postgresArrayType: PostgresType { .int8Array }
    @inlinable public var parameterType: PostgresType { UInt64(self).parameterType }
}
