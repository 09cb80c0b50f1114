import PostgresTypes
import PostgresWire

/// The bytes of a value as `type`, by default its own.
func encoded<V: PostgresEncodable>(_ value: V, as type: PostgresType? = nil) throws(PostgresError) -> [UInt8] {
    var buffer = PostgresBuffer()
    try value.encode(into: &buffer, as: type ?? value.parameterType)
    return buffer.withUnsafeBytes { [UInt8]($0) }
}

/// The value with these bytes.
func decoded<V: PostgresDecodable>(
    _ bytes: [UInt8], as type: PostgresType, _: V.Type = V.self
) throws(PostgresError) -> V {
    try V(binary: bytes.span.bytes, type: type)
}

/// The value with these bytes, by the type's own name of itself.
func decoded<V: PostgresDecodable & PostgresEncodable>(_ bytes: [UInt8], _: V.Type = V.self) throws(PostgresError) -> V
{
    try V(binary: bytes.span.bytes, type: V.postgresType)
}

/// Bytes from hexadecimal digits; spaces are for the reader.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

/// A generator whose numbers are the same on every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
