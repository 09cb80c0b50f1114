public import PostgresWire

extension JSONValue: PostgresCodable {
    public static var postgresType: PostgresType { .jsonb }

    /// `json` and text take the value as it is; `jsonb` refuses U+0000, which it cannot hold.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        switch type {
        case .jsonb:
            if let path = pathOfNUL { throw JSONValue.nulError(path) }
            buffer.append(jsonbVersion)
            buffer.append(json: self)
        case .json, .text, .varchar, .unspecified, .unknown:
            buffer.append(json: self)
        default: throw .cannotEncode(JSONValue.self, as: type)
        }
    }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self = try withJSONText(bytes, type: type, as: JSONValue.self) { text throws(PostgresError) in
            do {
                return try JSONParser.parse(text)
            } catch {
                throw .invalidBytes(JSONValue.self, type: type, "\(error)")
            }
        }
    }
}

extension JSONValue {
    static func nulError(_ path: String) -> PostgresError {
        PostgresError(
            .encodingFailed, "a JSON string holds U+0000, which jsonb cannot store, at \(path)",
            advice: "Remove the character (JSONParser.Unstorable does it), or use a json column")
    }
}

/// `jsonb` in binary is this version number and then the text (`jsonb_recv` in the server's source).
let jsonbVersion: UInt8 = 1

/// Hands the JSON text of a cell to `body`: of `jsonb` after its version, of `json` and text as it is.
func withJSONText<V, R>(
    _ bytes: RawSpan, type: PostgresType, as: V.Type,
    _ body: (UnsafeRawBufferPointer) throws(PostgresError) -> R
) throws(PostgresError) -> R {
    try bytes.withUnsafeBytes { bytes throws(PostgresError) in
        switch type {
        case .jsonb:
            guard bytes.first == jsonbVersion else {
                throw .invalidBytes(V.self, type: type, "its version is not 1")
            }
            return try body(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
        case .json, .text, .varchar, .unknown:
            return try body(bytes)
        default: throw .cannotDecode(V.self, from: type)
        }
    }
}
