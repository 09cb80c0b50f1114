public import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

// The server's text form of types whose Swift description is another one.

extension Bool {
    public init(text: String, type: PostgresType) throws(PostgresError) {
        switch text {
        case "t", "true": self = true
        case "f", "false": self = false
        default: throw .invalidBytes(Bool.self, type: type, "its text is malformed")
        }
    }
}

extension UUID {
    public init(text: String, type: PostgresType) throws(PostgresError) {
        guard let value = UUID(uuidString: text) else {
            throw .invalidBytes(UUID.self, type: type, "its text is malformed")
        }
        self = value
    }
}

extension Decimal {
    public init(text: String, type: PostgresType) throws(PostgresError) {
        self = try PostgresNumeric(text: text, type: type).decimal()
    }
}

extension Date {
    public init(text: String, type: PostgresType) throws(PostgresError) {
        switch type {
        case .date: self = try Date(textOf: PostgresDate(text: text, type: type))
        case .timestamp: self = try Date(textOf: PostgresTimestamp(text: text, type: type))
        default: self = try Date(textOf: PostgresTimestampTZ(text: text, type: type))
        }
    }

    private init<V: PostgresCodable>(textOf value: V) throws(PostgresError) {
        var buffer = PostgresBuffer()
        try value.encode(into: &buffer, as: V.postgresType)
        self = try buffer.withUnsafeBytes { (bytes) throws(PostgresError) in
            try Date(binary: bytes.bytes, type: V.postgresType)
        }
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public init(text: String, type: PostgresType) throws(PostgresError) {
        guard let value = Self(rawValue: try RawValue(text: text, type: type)) else {
            throw .invalidBytes(Self.self, type: type, "no case has this raw value")
        }
        self = value
    }
}
