public import PostgresWire

/// One byte: PostgreSQL's `"char"`, with the quotes, which its catalogs use for kinds of things (`relkind`).
///
/// It is no `char(1)`, which is text. A `String` is read from it, and sent as it, in the form of `description`.
public struct PostgresChar: PostgresTextConvertible, Comparable {
    /// The byte; 0 is shown as no character at all.
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reads one ASCII character, nothing for the zero byte, or `\303` in octal for the others.
    public init?(_ description: String) {
        let bytes = Array(description.utf8)
        switch bytes.count {
        case 0: self.init(rawValue: 0)
        case 1: self.init(rawValue: bytes[0])
        case 4:
            let digits = bytes.dropFirst().map { $0 &- UInt8(ascii: "0") }
            guard bytes[0] == UInt8(ascii: "\\"), digits.allSatisfy({ $0 < 8 }), digits[0] < 4 else { return nil }
            self.init(rawValue: digits[0] << 6 | digits[1] << 3 | digits[2])
        default: return nil
        }
    }

    /// The character, or `\303` in octal for a byte that is not ASCII, as the server writes it from version 16 on.
    public var description: String {
        switch rawValue {
        case 0: return ""
        case 1..<0x80: return String(Unicode.Scalar(rawValue))
        default:
            let digits = String(rawValue, radix: 8)
            return "\\" + digits
        }
    }

    public static func < (left: PostgresChar, right: PostgresChar) -> Bool { left.rawValue < right.rawValue }
}

extension PostgresChar: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .char }
    @inlinable public static var postgresArrayType: PostgresType { .charArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .char else { throw .cannotDecode(PostgresChar.self, from: type) }
        self.init(rawValue: try IdentifierCoding.decode(bytes, as: PostgresChar.self, type: type))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .char else { throw .cannotEncode(PostgresChar.self, as: type) }
        buffer.append(rawValue)
    }
}
