public import PostgresWire

/// A struct that is a composite type of the server, or a row without a type.
///
///     struct Address: PostgresComposite {
///         var street: String
///         var zip: Int?
///
///         static let postgresFields = PostgresFields(
///             "address", Address.init, PostgresField("street", \Address.street), PostgresField("zip", \Address.zip))
///     }
///
/// Fields are matched by their order, as the server does: the first one is the type's first attribute. Fields may be
/// composites, arrays and everything else that is `PostgresCodable`; `[Address]` is an array of the type.
public protocol PostgresComposite: PostgresCodable, PostgresArrayElement {
    /// The fields, in the order of the type's attributes.
    static var postgresFields: PostgresFields<Self> { get }
}

/// A field of a ``PostgresComposite``: the attribute's name, and the property it belongs to.
public struct PostgresField<Value: Sendable, Field: PostgresCodable>: Sendable {
    let name: String
    let keyPath: any KeyPath<Value, Field> & Sendable

    public init(_ name: String, _ keyPath: any KeyPath<Value, Field> & Sendable) {
        self.name = name
        self.keyPath = keyPath
    }
}

/// The fields of a ``PostgresComposite`` and the initialiser that makes a value of them; the compiler holds the one
/// against the other.
public struct PostgresFields<Value: Sendable>: Sendable {
    /// The type as parameters are encoded: by name and by the fields' own types.
    let type: PostgresType
    let count: Int
    let decode: @Sendable (inout CompositeReader) throws(PostgresError) -> Value
    let encode: @Sendable (Value, inout CompositeWriter) throws(PostgresError) -> Void

    /// - Parameters:
    ///   - type: the composite type's name as SQL writes it.
    ///   - make: what makes a value of the fields, in their order: a struct's memberwise initialiser, mostly.
    ///   - fields: the fields, in the order of the type's attributes.
    public init<each Field: PostgresCodable>(
        _ type: String, _ make: @escaping @Sendable (repeat each Field) -> Value,
        _ fields: repeat PostgresField<Value, each Field>
    ) {
        var attributes: [PostgresTypeInfo.Attribute] = []
        for field in repeat each fields {
            attributes.append(PostgresFields.attribute(field))
        }
        self.type = PostgresType(oid: 0, name: type, kind: .composite(attributes))
        count = attributes.count
        decode = { (reader) throws(PostgresError) in
            make(repeat try reader.next((each Field).self, named: (each fields).name))
        }
        encode = { (value, writer) throws(PostgresError) in
            repeat try writer.append(value[keyPath: (each fields).keyPath], named: (each fields).name)
        }
    }

    private static func attribute<Field>(_ field: PostgresField<Value, Field>) -> PostgresTypeInfo.Attribute {
        PostgresTypeInfo.Attribute(name: field.name, type: Field.postgresType)
    }
}

extension PostgresComposite {
    /// The type by its name: its OID differs from database to database.
    public static var postgresType: PostgresType { postgresFields.type }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if let real = type.ofTextForm {
            try self.init(text: try String(binary: bytes, type: .text), type: real)
            return
        }
        let fields = Self.postgresFields
        var reader = try CompositeReader(bytes, type: type, fields: fields.count, for: Self.self)
        let value = try fields.decode(&reader)
        try reader.finish()
        self = value
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        let fields = Self.postgresFields
        var reader = try CompositeReader(text: text, type: type, fields: fields.count, for: Self.self)
        self = try fields.decode(&reader)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        let fields = Self.postgresFields
        var writer = try CompositeWriter(type, fields: fields.count, for: Self.self)
        try fields.encode(self, &writer)
        writer.buffer.withUnsafeBytes { buffer.append($0) }
    }
}

extension PostgresError {
    /// The same error, saying which field of a composite it is about.
    func inField(_ name: String) -> PostgresError {
        var error = self
        error.message = "field \(name): \(message)"
        return error
    }
}
