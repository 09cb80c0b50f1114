public import PostgresWire

/// A composite value or a row without a type, whatever its fields are.
///
///     let row = try await pool.query("SELECT ROW(1, 'a')", as: PostgresRecord.self).first()
///     let (number, text) = try row.decode(as: (Int, String).self)
///
/// Where the fields are known beforehand, ``PostgresComposite`` makes a struct of them. A record is read, not sent.
public struct PostgresRecord: Hashable, Sendable {
    /// Each field as it came, nil for NULL.
    public let fields: [PostgresRawValue?]

    private init(fields: [PostgresRawValue?]) { self.fields = fields }

    /// All fields, as a tuple of as many values.
    ///
    /// - Throws: `decodingFailed` for another number of fields, and for a field that is not such a value.
    public func decode<each V: PostgresDecodable>(
        as _: (repeat each V).Type = (repeat each V).self
    ) throws(PostgresError) -> (repeat each V) {
        var index = 0
        let values = (repeat try next((each V).self, at: &index))
        guard index == fields.count else {
            throw PostgresError(.decodingFailed, "the record has \(fields.count) fields; \(index) were asked for")
        }
        return values
    }

    private func next<V: PostgresDecodable>(_: V.Type, at index: inout Int) throws(PostgresError) -> V {
        defer { index += 1 }
        return try decode(index, as: V.self)
    }

    /// One field by its place, from 0.
    ///
    /// - Throws: `decodingFailed` when the record has no such field, or it is not such a value.
    public func decode<V: PostgresDecodable>(_ index: Int, as _: V.Type = V.self) throws(PostgresError) -> V {
        guard fields.indices.contains(index) else {
            throw PostgresError(.decodingFailed, "the record has \(fields.count) fields, there is none at \(index)")
        }
        do throws(PostgresError) {
            guard let field = fields[index] else { return try V(postgresNull: .record) }
            return try field.decode(as: V.self)
        } catch {
            throw error.inField("\(index + 1)")
        }
    }
}

extension PostgresRecord: PostgresDecodable {
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if let real = type.ofTextForm {
            try self.init(text: try String(binary: bytes, type: .text), type: real)
            return
        }
        let attributes = try CompositeReader.attributes(of: type, for: PostgresRecord.self)
        guard bytes.byteCount >= 4 else { throw CompositeReader.error(type, "it is cut off") }
        let count: Int32 = bytes.bigEndian(at: 0)
        // A field has at least its type and its length.
        guard count >= 0, Int(count) <= (bytes.byteCount - 4) / 8 else {
            throw CompositeReader.error(type, "it says it has more fields than it has room for")
        }
        var offset = 4
        var fields: [PostgresRawValue?] = []
        for index in 0..<Int(count) {
            let known = index < attributes.count ? attributes[index].type : nil
            let field = try CompositeReader.field(at: &offset, in: bytes, type, known: known)
            guard let cell = field.cell else {
                fields.append(nil)
                continue
            }
            fields.append(try PostgresRawValue(binary: bytes.extracting(cell), type: field.type))
        }
        guard offset == bytes.byteCount else { throw CompositeReader.error(type, "there are bytes left over") }
        self.init(fields: fields)
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        let attributes = try CompositeReader.attributes(of: type, for: PostgresRecord.self)
        let texts = try CompositeReader.texts(in: text, type)
        let fields = texts.enumerated().map { index, text in
            let known = index < attributes.count ? attributes[index].type.base : .unspecified
            return text.map { PostgresRawValue(text: $0, type: known) }
        }
        self.init(fields: fields)
    }
}
