public import PostgresWire

/// An object's number in the server's catalogs: `oid`, and `regclass`, `regtype`, `regproc` and their kin, whose binary
/// form is the same number.
///
/// The name that the server shows for the `reg` types depends on the session's `search_path` and stands in the catalogs
/// only: cast to text in SQL to read it (`tableoid::regclass::text`), and send a name as a `String`
/// (`\("public.users")::regclass`).
public struct PostgresOID: PostgresTextConvertible, Comparable {
    /// The number; 0 is no object.
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No object: what the server shows as `0` for `oid` and as `-` for the `reg` types (`InvalidOid` in its source).
    public static let none = PostgresOID(rawValue: 0)

    /// Reads a number, or the `-` that the `reg` types have for 0. Nil for a name.
    public init?(_ description: String) {
        if description == "-" {
            self = .none
        } else if let value = TextScanner.read(description, { $0.unsigned(UInt32.self) }) {
            self.init(rawValue: value)
        } else {
            return nil
        }
    }

    /// The number, which every one of the types reads.
    public var description: String { String(rawValue) }

    public static func < (left: PostgresOID, right: PostgresOID) -> Bool { left.rawValue < right.rawValue }
}

extension PostgresOID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt32) { self.init(rawValue: value) }
}

extension PostgresOID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .oid }
    @inlinable public static var postgresArrayType: PostgresType { .oidArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type.isObjectIdentifier else { throw .cannotDecode(PostgresOID.self, from: type) }
        self.init(rawValue: try IdentifierCoding.decode(bytes, as: PostgresOID.self, type: type))
    }

    /// Writes `oid` and the `reg` types.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type.isObjectIdentifier else { throw .cannotEncode(PostgresOID.self, as: type) }
        buffer.append(rawValue)
    }
}

extension PostgresType {
    /// True for `oid` and the types that are an `oid` with names of their own (`regclass`, `regtype`, …).
    public var isObjectIdentifier: Bool {
        switch self {
        case .oid, .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regconfig, .regdictionary,
            .regnamespace, .regrole, .regcollation:
            true
        default: false
        }
    }
}
