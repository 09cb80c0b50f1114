public import PostgresWire

/// A Swift value that can be a parameter or a cell of COPY, in PostgreSQL's binary form.
///
/// The server says which type it wants at each place; a value encodes itself as that type or throws
/// `PostgresError.Code.encodingFailed`. It never rounds, truncates or wraps to fit.
public protocol PostgresEncodable: Sendable {
    /// The type of the value when nobody says otherwise: the column type of a model, the type of a `PostgresQuery`
    /// parameter before the server has been asked.
    static var postgresType: PostgresType { get }

    /// Appends the value's bytes, without their length, in the binary form of `type`.
    ///
    /// Where `type` is one that the conforming type does not know, throw `PostgresError.cannotEncode(_:as:)`.
    func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError)

    /// The type this value is encoded as when it is added to a query, before the server has been asked. The same as
    /// `postgresType` but for types that hold more than one PostgreSQL type.
    var parameterType: PostgresType { get }

    /// True when the value stands for NULL; `encode` is not called then. Only `Optional` says true.
    var isPostgresNull: Bool { get }
}

extension PostgresEncodable {
    @inlinable public var isPostgresNull: Bool { false }
    @inlinable public var parameterType: PostgresType { Self.postgresType }
}

extension PostgresBuffer {
    /// Appends a value the way Bind and COPY want it: a four-byte length, -1 for NULL, then the bytes.
    @inlinable @inline(__always)
    public mutating func appendCell<V: PostgresEncodable>(_ value: V, as type: PostgresType) throws(PostgresError) {
        let start = count
        append(Int32(-1))
        if value.isPostgresNull { return }
        do {
            try value.encode(into: &self, as: type)
        } catch {
            truncate(to: start)
            throw error
        }
        // A value of 2 GB cannot be sent at all; the server's own limit is 1 GB.
        guard let length = Int32(exactly: count &- start &- 4) else {
            truncate(to: start)
            throw PostgresError(.encodingFailed, "a value of \(V.self) is larger than 2 GB")
        }
        overwrite(length, at: start)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    @inlinable public static var postgresType: PostgresType { Wrapped.postgresType }
    @inlinable public var isPostgresNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isPostgresNull
        }
    }
    @inlinable public var parameterType: PostgresType {
        switch self {
        case .none: Wrapped.postgresType
        case .some(let value): value.parameterType
        }
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        switch self {
        case .none: throw PostgresError(.encodingFailed, "NULL has no bytes")
        case .some(let value): try value.encode(into: &buffer, as: type)
        }
    }
}

extension PostgresError {
    /// The error for a value whose type does not go into the type the server wants.
    @inline(never)
    public static func cannotEncode<V>(_: V.Type, as type: PostgresType) -> PostgresError {
        PostgresError(.encodingFailed, "a Swift \(V.self) cannot be sent as \(type)")
    }

    /// The error for a value that the wanted type has no room for. The value itself is not named: it may be secret.
    @inline(never)
    public static func outOfRange<V>(_: V.Type, as type: PostgresType) -> PostgresError {
        PostgresError(.encodingFailed, "a value of Swift's \(V.self) is out of the range of \(type)")
    }
}
