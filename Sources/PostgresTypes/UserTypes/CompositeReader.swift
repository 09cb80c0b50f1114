import PostgresWire

/// Reads the fields of a composite value from left to right, in binary or in text.
struct CompositeReader {
    /// Where a field comes from.
    private enum Source {
        /// The binary form, and where in it the next field begins. Valid while the decoder of the whole value runs.
        case binary(UnsafeRawBufferPointer, offset: Int)
        case text([String?])
    }

    private var source: Source
    private let type: PostgresType
    private let attributes: [PostgresTypeInfo.Attribute]
    private var index = 0

    /// For the binary form: the number of fields, then each one's type, length and bytes (`record_send` in the server's
    /// source).
    init<V>(_ bytes: RawSpan, type: PostgresType, fields: Int, for: V.Type) throws(PostgresError) {
        attributes = try CompositeReader.attributes(of: type, for: V.self)
        self.type = type
        guard bytes.byteCount >= 4 else { throw CompositeReader.error(type, "it is cut off") }
        let count: Int32 = bytes.bigEndian(at: 0)
        guard Int(count) == fields else { throw CompositeReader.wrongCount(V.self, fields, Int(count), type) }
        source = .binary(bytes.withUnsafeBytes { $0 }, offset: 4)
    }

    init<V>(text: String, type: PostgresType, fields: Int, for: V.Type) throws(PostgresError) {
        attributes = try CompositeReader.attributes(of: type, for: V.self)
        self.type = type
        let texts = try CompositeReader.texts(in: text, type)
        guard texts.count == fields else { throw CompositeReader.wrongCount(V.self, fields, texts.count, type) }
        source = .text(texts)
    }

    /// What is known of the fields; throws for what is no composite type.
    static func attributes<V>(
        of type: PostgresType, for: V.Type
    ) throws(PostgresError) -> [PostgresTypeInfo.Attribute] {
        let base = type.base
        // Within text nobody says what a field is.
        if base == .record || base == .unspecified { return [] }
        guard let info = base.info else {
            if base.isBuiltin { throw .cannotDecode(V.self, from: type) }
            return []
        }
        guard case .composite(let attributes) = info.kind else { throw .cannotDecode(V.self, from: type) }
        return attributes
    }

    mutating func next<V: PostgresDecodable>(_: V.Type, named name: String) throws(PostgresError) -> V {
        defer { index += 1 }
        let known = index < attributes.count ? attributes[index].type : nil
        switch source {
        case .text(let texts):
            do throws(PostgresError) {
                let type = known?.base ?? .unspecified
                guard let text = texts[index] else { return try V(postgresNull: type) }
                return try V(text: text, type: type)
            } catch {
                throw error.inField(name)
            }
        case .binary(let bytes, var offset):
            let field = try CompositeReader.field(at: &offset, in: bytes.bytes, type, known: known)
            source = .binary(bytes, offset: offset)
            do throws(PostgresError) {
                guard let cell = field.cell else { return try V(postgresNull: field.type) }
                return try V(binary: UnsafeRawBufferPointer(rebasing: bytes[cell]).bytes, type: field.type)
            } catch {
                throw error.inField(name)
            }
        }
    }

    /// The type of the next field, the type of a domain's values where it is one, and where its bytes are; nil for NULL.
    static func field(
        at offset: inout Int, in bytes: RawSpan, _ type: PostgresType, known: PostgresType?
    ) throws(PostgresError) -> (type: PostgresType, cell: Range<Int>?) {
        guard bytes.byteCount - offset >= 8 else { throw error(type, "it ends before its last field") }
        var field = PostgresType(rawValue: bytes.bigEndian(at: offset))
        // What is known is of use only where it is of the same type: the type may have been changed since.
        if let known, known.rawValue == field.rawValue { field = known.base }
        let length: Int32 = bytes.bigEndian(at: offset + 4)
        offset += 8
        if length == -1 { return (field, nil) }
        guard length >= 0, Int(length) <= bytes.byteCount - offset else {
            throw error(type, "a field is longer than the value")
        }
        defer { offset += Int(length) }
        return (field, offset..<(offset + Int(length)))
    }

    /// Throws when bytes are left.
    func finish() throws(PostgresError) {
        guard case .binary(let bytes, let offset) = source, offset != bytes.count else { return }
        throw CompositeReader.error(type, "there are bytes left over")
    }

    /// The fields of `(1,"a b",)`, nil for NULL (PostgreSQL documentation, "Composite Type Input and Output Syntax").
    static func texts(in text: String, _ type: PostgresType) throws(PostgresError) -> [String?] {
        let malformed = error(type, "its text is malformed")
        var scanner = QuotedTextScanner(
            text, endings: [UInt8(ascii: ","), UInt8(ascii: ")")], isBlankSkipped: false, doublesQuotes: true)
        var texts: [String?] = []
        scanner.skipBlanks()
        guard scanner.takes(UInt8(ascii: "(")) else { throw malformed }
        repeat {
            guard let item = scanner.item() else { throw malformed }
            texts.append(item.isQuoted || !item.text.isEmpty ? item.text : nil)
        } while scanner.takes(UInt8(ascii: ","))
        guard scanner.takes(UInt8(ascii: ")")) else { throw malformed }
        scanner.skipBlanks()
        guard scanner.isAtEnd else { throw malformed }
        return texts
    }

    static func error(_ type: PostgresType, _ reason: String) -> PostgresError {
        PostgresError(.decodingFailed, "a value of \(type) cannot be read as a composite: \(reason)")
    }

    private static func wrongCount<V>(_: V.Type, _ fields: Int, _ count: Int, _ type: PostgresType) -> PostgresError {
        PostgresError(
            .decodingFailed, "a value of \(type) has \(count) fields, Swift's \(V.self) has \(fields)",
            advice: "List the type's attributes in postgresFields, all of them and in their order")
    }
}

/// Writes the fields of a composite value from left to right, in binary.
struct CompositeWriter: ~Copyable {
    fileprivate(set) var buffer = PostgresBuffer()
    private let attributes: [PostgresTypeInfo.Attribute]
    private var index = 0

    init<V>(_ type: PostgresType, fields: Int, for: V.Type) throws(PostgresError) {
        guard case .composite(let attributes)? = type.base.info?.kind else {
            var error = PostgresError.cannotEncode(V.self, as: type)
            if !type.isBuiltin { error.advice = "Its attributes are not known here: send it as a parameter" }
            throw error
        }
        guard attributes.count == fields else {
            throw PostgresError(
                .encodingFailed, "\(type) has \(attributes.count) attributes, Swift's \(V.self) has \(fields) fields",
                advice: "List the type's attributes in postgresFields, all of them and in their order")
        }
        self.attributes = attributes
        buffer.append(Int32(truncatingIfNeeded: fields))
    }

    mutating func append<V: PostgresEncodable>(_ value: V, named name: String) throws(PostgresError) {
        let type = attributes[index].type
        index += 1
        buffer.append(type.rawValue)
        do throws(PostgresError) {
            try buffer.appendCell(value, as: type.base)
        } catch {
            throw error.inField(name)
        }
    }
}
