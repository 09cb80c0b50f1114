public import PostgresWire

/// A value of any type as the bytes the server sent: how a type that no Swift type is made for can still be read, kept
/// and written back.
public struct PostgresRawValue: Hashable, Sendable {
    /// The binary form.
    public var bytes: [UInt8]
    /// What the bytes are.
    public var type: PostgresType

    /// Bytes that are the binary form of `type`; nothing is checked.
    public init(bytes: [UInt8], type: PostgresType) {
        self.bytes = bytes
        self.type = type
    }
}

extension PostgresRawValue: PostgresEncodable, PostgresDecodable {
    /// Known only from the value; see `parameterType`.
    public static var postgresType: PostgresType { .unspecified }
    public var parameterType: PostgresType { type }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self.init(bytes: bytes.withUnsafeBytes { [UInt8]($0) }, type: type)
    }

    /// Writes the bytes when `type` is the value's own.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == self.type else {
            throw PostgresError(.encodingFailed, "a raw value of \(self.type) cannot be sent as \(type)")
        }
        buffer.append(bytes)
    }
}
