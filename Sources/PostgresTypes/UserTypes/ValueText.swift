import PostgresWire

/// Values as text, whatever they are.
enum ValueText {
    /// The text form of a value in its binary form.
    static func text(of bytes: RawSpan, _ type: PostgresType) throws(PostgresError) -> String {
        var buffer = PostgresBuffer()
        try ParameterRecoding.appendText(of: bytes, type, for: .text, to: &buffer)
        return try buffer.withUnsafeBytes { (bytes) throws(PostgresError) in
            try String(binary: bytes.bytes, type: .text)
        }
    }

    /// The text form of a value; empty where it has none, as text with a NUL in it has not.
    static func description<V: PostgresEncodable>(of value: V) -> String {
        var buffer = PostgresBuffer()
        do throws(PostgresError) {
            try value.encode(into: &buffer, as: V.postgresType)
            return try buffer.withUnsafeBytes { (bytes) throws(PostgresError) in
                try text(of: bytes.bytes, V.postgresType)
            }
        } catch {
            return ""
        }
    }

    /// The bytes of `\x00ff`; nil for anything else.
    static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]), digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 2, to: digits.count, by: 2) {
            guard let high = Character(UnicodeScalar(digits[index])).hexDigitValue,
                let low = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
