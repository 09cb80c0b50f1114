@testable import PostgresTypes
@testable import PostgresWire

/// A type whose values are read from bytes and from text, written and read again.
struct ValueForm: Sendable {
    let readBinary: @Sendable (UnsafeRawBufferPointer) -> Void
    let readText: @Sendable (String) -> Void

    /// A type with both forms. What was read is written, read and written again, in either form; what is written must be
    /// the same both times.
    ///
    /// - Parameters:
    ///   - isTextExact: false where the text form says less than the binary one, as of NaN with a sign.
    ///   - also: what else must hold of a value.
    init<V: PostgresCodable & LosslessStringConvertible>(
        _: V.Type, as type: PostgresType = V.postgresType, isTextExact: Bool = true,
        also: @escaping @Sendable (V) -> Void = { _ in }
    ) {
        @Sendable func check(_ value: V) {
            guard let bytes = written(value, type) else { return }
            checkBytes(bytes, V.self, type)
            let text = value.description
            let again = must("\(V.self) can be read again from \(text)") { () throws(PostgresError) in
                try V(text: text, type: type)
            }
            Fuzz.check(again.description == text, "\(V.self): \(text) became \(again.description)")
            if isTextExact {
                Fuzz.check(written(again, type) == bytes, "\(V.self): \(text) has other bytes once read again")
            }
            also(value)
        }
        readBinary = { bytes in
            if let value = readOrRefuse({ () throws(PostgresError) in try V(binary: bytes.bytes, type: type) }) {
                check(value)
            }
        }
        readText = { text in
            if let value = readOrRefuse({ () throws(PostgresError) in try V(text: text, type: type) }) { check(value) }
        }
    }

    /// A type whose text form is not read, or not written.
    init<V: PostgresCodable>(binary _: V.Type, as type: PostgresType = V.postgresType) {
        readBinary = { bytes in
            if let value = readOrRefuse({ () throws(PostgresError) in try V(binary: bytes.bytes, type: type) }),
                let bytes = written(value, type)
            {
                checkBytes(bytes, V.self, type)
            }
        }
        readText = { text in
            _ = readOrRefuse { () throws(PostgresError) in try V(text: text, type: type) }
        }
    }

    /// The first byte says the type and the form, the rest is the value.
    static func run(_ forms: [ValueForm], _ input: FuzzInput) {
        var input = input
        let choice = Int(input.byte())
        let form = forms[choice >> 1 % forms.count]
        if choice & 1 == 0 { form.readBinary(input.rest) } else { form.readText(input.text) }
    }
}

/// The value, or nil when it was refused in the one way that it may be.
func readOrRefuse<V>(_ body: () throws(PostgresError) -> V) -> V? {
    do { return try body() } catch {
        check(error.code == .decodingFailed, "a value is refused as \(error.code): \(error)")
        check(error.message.utf8.count < 10_000, "the message is as long as the value")
        return nil
    }
}

/// The bytes of a value that was read. Texts with a NUL character have none: the server has no such texts, and looking
/// for NUL would make the reading of every text slower. Nor have lexemes that are too long.
func written<V: PostgresEncodable>(_ value: V, _ type: PostgresType) -> [UInt8]? {
    do { return try encoded(value, type) } catch {
        check(error.message.contains("NUL") || type == .tsvector, "\(V.self) can be written: \(error)")
        return nil
    }
}

/// What was written is read, and written the same.
func checkBytes<V: PostgresCodable>(_ bytes: [UInt8], _: V.Type, _ type: PostgresType) {
    let again = must("\(V.self) can be read again") { () throws(PostgresError) in try decoded(V.self, bytes, type) }
    let twice = written(again, type)
    check(twice == bytes, "\(V.self): \(bytes) became \(twice ?? [])")
}

func encoded<V: PostgresEncodable>(_ value: V, _ type: PostgresType) throws(PostgresError) -> [UInt8] {
    var buffer = PostgresBuffer()
    try value.encode(into: &buffer, as: type)
    return buffer.withUnsafeBytes { [UInt8]($0) }
}

func decoded<V: PostgresDecodable>(_: V.Type, _ bytes: [UInt8], _ type: PostgresType) throws(PostgresError) -> V {
    try V(binary: bytes.span.bytes, type: type)
}
