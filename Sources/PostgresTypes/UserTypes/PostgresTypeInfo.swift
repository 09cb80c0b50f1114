import PostgresWire

/// What is known of a type that is not built in: its name, what kind it is, what it is made of.
///
/// Read from the server's catalog when a connection meets the type for the first time. Objects are shared and live as
/// long as the process; equal ones are one object.
public final class PostgresTypeInfo: Sendable {
    /// What a type is made of (`pg_type.typtype`).
    public enum Kind: Sendable, Hashable {
        /// A type of its own, as extensions bring them.
        case base
        /// An enum and its labels, in their order.
        case enumeration(labels: [String])
        /// A domain over another type, which may be a domain itself.
        case domain(of: PostgresType)
        /// A composite type, or a table's rows.
        case composite([Attribute])
        /// An array; elements are divided by this character in the text form.
        case array(of: PostgresType, delimiter: UInt8)
        case range(of: PostgresType)
        /// A multirange of such ranges.
        case multirange(of: PostgresType)
        /// One of the server's pseudo-types.
        case pseudo
        /// The text form of a value of that type, where the server has no other.
        case textForm(of: PostgresType)
    }

    /// A field of a composite type.
    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var type: PostgresType

        public init(name: String, type: PostgresType) {
            self.name = name
            self.type = type
        }
    }

    /// The schema it is in; empty where only the name is known.
    public let schema: String
    /// The name, not quoted.
    public let name: String
    public let kind: Kind
    /// The OID of the array type of such elements, 0 when there is none.
    public let arrayOID: UInt32
    /// False when the server can send values of it, or of what it is made of, as text only.
    public let hasBinaryForm: Bool

    fileprivate init(schema: String, name: String, kind: Kind, arrayOID: UInt32, hasBinaryForm: Bool) {
        self.schema = schema
        self.name = name
        self.kind = kind
        self.arrayOID = arrayOID
        self.hasBinaryForm = hasBinaryForm
    }

    /// Everything that tells one type from another, the identity of what it is made of included.
    fileprivate static func key(
        oid: UInt32, schema: String, name: String, kind: Kind, arrayOID: UInt32, hasBinaryForm: Bool
    ) -> String {
        func mark(_ type: PostgresType) -> String {
            "\(type.rawValue)@\(type.reference.map { UInt(bitPattern: $0.toOpaque()) } ?? 0)"
        }
        func quoted(_ text: String) -> String { "\(text.utf8.count):\(text)" }
        let content =
            switch kind {
            case .base: "b"
            case .enumeration(let labels): "e" + labels.map(quoted).joined(separator: ",")
            case .domain(let type): "d" + mark(type)
            case .composite(let attributes):
                "c" + attributes.map { quoted($0.name) + mark($0.type) }.joined(separator: ",")
            case .array(let type, let delimiter): "a\(delimiter)" + mark(type)
            case .range(let type): "r" + mark(type)
            case .multirange(let type): "m" + mark(type)
            case .pseudo: "p"
            case .textForm(let type): "t" + mark(type)
            }
        return "\(oid) \(quoted(schema)) \(quoted(name)) \(arrayOID) \(hasBinaryForm) \(content)"
    }
}

extension PostgresType {
    /// A type with what the catalog says of it.
    package init(
        oid: UInt32, schema: String = "", name: String, kind: PostgresTypeInfo.Kind, arrayOID: UInt32 = 0,
        hasBinaryForm: Bool = true
    ) {
        let key = PostgresTypeInfo.key(
            oid: oid, schema: schema, name: name, kind: kind, arrayOID: arrayOID, hasBinaryForm: hasBinaryForm)
        let info = TypeTable.shared.find(key) {
            PostgresTypeInfo(
                schema: schema, name: name, kind: kind, arrayOID: arrayOID, hasBinaryForm: hasBinaryForm)
        }
        if let info { self.init(rawValue: oid, info: info) } else { self.init(rawValue: oid) }
    }

    /// A type that is known by its name, as types of users and extensions are: `static let hstore = PostgresType(named:
    /// "hstore")`. Its OID differs from database to database and is found there.
    ///
    /// - Parameter name: as SQL writes it, with its schema where it is not on the search path.
    public init(named name: String) { self.init(oid: 0, name: name, kind: .base) }

    /// What the catalog says of a type that is not built in; nil where nobody has asked.
    public var info: PostgresTypeInfo? { reference?.takeUnretainedValue() }

    /// The type that values of a domain are; the type itself when it is no domain.
    @inlinable
    public var base: PostgresType { reference == nil ? self : baseOfDomain }

    @usableFromInline
    var baseOfDomain: PostgresType {
        var type = self
        while case .domain(let base)? = type.info?.kind { type = base }
        return type
    }

    /// True when this is, or may be, the type of that name: a domain over it as well, and a type that nothing is known
    /// of.
    public func mayBe(named name: String) -> Bool {
        let base = base
        guard let info = base.info else { return !base.isBuiltin }
        return info.kind == .base && info.name == name
    }

    /// This type's values in the server's text form: text to every reader, the type itself to those who ask.
    package var inTextForm: PostgresType {
        PostgresType(oid: PostgresType.text.rawValue, name: "text", kind: .textForm(of: self))
    }

    /// True for values that the server sends in their text form, since it has no other.
    @inlinable
    var isInTextForm: Bool { reference == nil ? false : ofTextForm != nil }

    /// The type whose text form this is; nil for values in their binary form.
    @usableFromInline
    var ofTextForm: PostgresType? {
        if case .textForm(let type)? = info?.kind { type } else { nil }
    }

    /// Makes the binary form of a type of users or extensions ready for its text, and throws where that form is no
    /// text. What nothing is known of is taken for text.
    func checkTakesText(_ buffer: inout PostgresBuffer) throws(PostgresError) {
        guard let info = base.info else { return }
        switch (info.kind, info.name) {
        case (.enumeration, _), (.base, "citext"): break
        case (.base, "ltree"), (.base, "lquery"), (.base, "ltxtquery"): buffer.append(TextCoding.version)
        case (.base, "hstore"), (.composite, _), (.array, _), (.range, _), (.multirange, _):
            throw .cannotEncode(String.self, as: self)
        default: break
        }
    }
}

extension PostgresType {
    /// False for the types that the server sends as text only, having no other form of them.
    package var hasBinaryForm: Bool {
        if let info { return info.hasBinaryForm }
        switch rawValue {
        // `aclitem`, `gtsvector` and arrays of them.
        case 1033, 1034, 3642, 3644: return false
        default: return true
        }
    }
}
