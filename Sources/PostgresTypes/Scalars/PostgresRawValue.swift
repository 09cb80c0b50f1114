public import PostgresWire

/// A value of any type as the bytes the server sent: how a type that no Swift type is made for can still be read, kept
/// and written back.
public struct PostgresRawValue: Hashable, Sendable {
    /// Which of a type's two forms bytes are.
    public enum Format: Sendable, Hashable {
        case binary
        /// What the server's documentation writes. Types without a binary form come in it.
        case text
    }

    /// The value in its format.
    public var bytes: [UInt8]
    /// What the bytes are.
    public var type: PostgresType
    public var format: Format

    /// Bytes that are a form of `type`; nothing is checked.
    public init(bytes: [UInt8], type: PostgresType, format: Format = .binary) {
        self.bytes = bytes
        self.type = type
        self.format = format
    }

    /// A value by its text form; the server reads it when it is sent.
    public init(text: String, type: PostgresType) {
        self.init(bytes: Array(text.utf8), type: type, format: .text)
    }

    /// The value as a Swift value.
    ///
    /// - Throws: `decodingFailed` when it is not such a value.
    public func decode<V: PostgresDecodable>(as _: V.Type = V.self) throws(PostgresError) -> V {
        switch format {
        case .binary: return try V(binary: bytes.span.bytes, type: type)
        case .text: return try V(text: try String(binary: bytes.span.bytes, type: .text), type: type)
        }
    }

    /// The value's text form, for showing it: the server's where it sent text, else ours. Nil where the binary form is
    /// one that this driver does not know.
    public var text: String? {
        switch format {
        case .binary: try? ValueText.text(of: bytes.span.bytes, type)
        case .text: try? String(binary: bytes.span.bytes, type: .text)
        }
    }
}

extension PostgresRawValue: PostgresEncodable, PostgresDecodable {
    /// Known only from the value; see `parameterType`.
    public static var postgresType: PostgresType { .unspecified }
    public var parameterType: PostgresType { format == .text ? type.inTextForm : type }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        let copy = bytes.withUnsafeBytes { [UInt8]($0) }
        if let real = type.ofTextForm {
            self.init(bytes: copy, type: real, format: .text)
        } else {
            self.init(bytes: copy, type: type)
        }
    }

    /// Writes the bytes when `type` is the value's own.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == parameterType else {
            throw PostgresError(.encodingFailed, "a raw value of \(self.type) cannot be sent as \(type)")
        }
        buffer.append(bytes)
    }
}
