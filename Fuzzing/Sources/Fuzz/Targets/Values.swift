@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// The types with files of their own: network addresses, geometry, text search, identifiers, vectors and others.
    static let values = FuzzTarget(name: "values") { input in ValueForm.run(forms, input) }

    /// Bytes of any type shown as text, and sent where another type is wanted.
    static let recoding = FuzzTarget(name: "recoding") { input in
        var input = input
        let type = PostgresType(rawValue: input.choice(of: recodedTypes).rawValue)
        let wanted = PostgresType(rawValue: input.choice(of: recodedTypes).rawValue)
        let raw = PostgresRawValue(bytes: Array(input.rest), type: type)
        if let text = raw.text { check(text.utf8.count < 32 << 20, "the text of \(input.rest.count) bytes is bounded") }
        var buffer = PostgresBuffer()
        do throws(PostgresError) {
            try ParameterRecoding.convert(input.rest.bytes, from: type, to: wanted, into: &buffer)
        } catch {
            check(buffer.count < 32 << 20, "what is written is bounded")
        }
    }
}

private let recodedTypes: [PostgresType] = [
    .record, .recordArray, .anyArray, .int4Array, .textArray, .int8Array, .numericArray, .int4range, .int8range,
    .numrange,
    .int4multirange, .int8multirange, .text, .int4, .int8, .numeric, .float8, .bool, .timestamptz, .timestamp, .date,
    .json,
    .jsonb, .inet, .path, .tsvector, .interval, .bytea, .uuid, .varbit, .money,
]

// Of vectors the text is only read: nothing, NaN and infinities are not in it, and are not looked for in the binary form,
// which the server sends without them.
private let forms = [
    ValueForm(PostgresInet.self), ValueForm(PostgresCIDR.self), ValueForm(PostgresMACAddress.self),
    ValueForm(PostgresMACAddress8.self), ValueForm(PostgresBits.self), ValueForm(PostgresLSN.self),
    ValueForm(PostgresBox.self, isTextExact: false), ValueForm(PostgresLine.self, isTextExact: false),
    ValueForm(PostgresPath.self, isTextExact: false), ValueForm(PostgresLineSegment.self, isTextExact: false),
    ValueForm(PostgresPoint.self, isTextExact: false), ValueForm(PostgresCircle.self, isTextExact: false),
    ValueForm(PostgresPolygon.self, isTextExact: false), ValueForm(PostgresXID.self), ValueForm(PostgresChar.self),
    ValueForm(PostgresSnapshot.self), ValueForm(PostgresOID.self), ValueForm(PostgresTID.self),
    ValueForm(PostgresXID8.self), ValueForm(binary: PostgresVector.self),
    ValueForm(binary: PostgresHalfVector.self), ValueForm(binary: PostgresSparseVector.self),
    ValueForm(PostgresTSVector.self), ValueForm(binary: PostgresXML.self), ValueForm(binary: PostgresJSONPath.self),
    ValueForm(binary: String.self), ValueForm(binary: Double.self), ValueForm(binary: Int.self),
    ValueForm(binary: JSONValue.self, as: .json),
]
