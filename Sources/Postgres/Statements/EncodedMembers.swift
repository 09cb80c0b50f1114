import PostgresTypes
import PostgresWire

/// The members of an `Encodable` value, by their keys.
final class EncodedMembers {
    /// nil is NULL.
    private var values: [ExactText: (any PostgresEncodable)?] = [:]
    private let keys = PostgresKeyStrategy.ignoringCaseAndUnderscores

    init(of value: some Encodable) throws(PostgresError) {
        do {
            try value.encode(to: MemberEncoder(members: self, path: []))
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(.invalidUse, "the members of \(type(of: value)) cannot be taken as values")
        }
    }

    /// nil where there is no such member, nil in it where the member is.
    subscript(name: String) -> (any PostgresEncodable)?? { values[ExactText(keys.normalized(key: name))] }

    fileprivate func set(_ path: [any CodingKey], _ value: (any PostgresEncodable)?) {
        guard let key = path.first else { return }
        values[ExactText(keys.normalized(key: key.stringValue))] = .some(value)
    }

    fileprivate static func isNoValue<T>(_: T.Type, _ path: [any CodingKey]) -> PostgresError {
        PostgresError(
            .invalidUse, "\(T.self) is no value of PostgreSQL",
            advice: "Wrap it in JSONB, or give it the conformance to PostgresEncodable",
            column: path.map(\.stringValue).joined(separator: "."))
    }
}

/// Encodes one value, or the members of one.
private struct MemberEncoder: Encoder, SingleValueEncodingContainer {
    let members: EncodedMembers
    let path: [any CodingKey]
    var codingPath: [any CodingKey] { path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func encode<T: Encodable>(_ value: T) throws {
        if let value = value as? any PostgresEncodable, !path.isEmpty { return members.set(path, value) }
        if let value = value as? any FixedWidthInteger, !path.isEmpty, let integer = Int64(exactly: value) {
            return members.set(path, integer)
        }
        try value.encode(to: self)
    }

    func encodeNil() { members.set(path, nil) }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(MemberContainer(members: members, path: path))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { NoMembers(members: members, codingPath: path) }
}

/// The members of a value.
private struct MemberContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let members: EncodedMembers
    let path: [any CodingKey]
    var codingPath: [any CodingKey] { path }

    private func encoder(_ key: Key) throws -> MemberEncoder {
        // Members of members have no names in SQL.
        guard path.isEmpty else { throw EncodedMembers.isNoValue([String: Any].self, path) }
        return MemberEncoder(members: members, path: [key])
    }

    func encodeNil(forKey key: Key) throws { try encoder(key).encodeNil() }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try encoder(key).encode(value) }

    private func set<T: Encodable>(_ value: T?, _ key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }

    // The protocol's own leave out what is nil, and NULL is a value.
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try set(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try set(value, key) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy _: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(MemberContainer<Nested>(members: members, path: path + [key]))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        NoMembers(members: members, codingPath: path + [key])
    }

    func superEncoder() -> any Encoder { MemberEncoder(members: members, path: path) }
    func superEncoder(forKey key: Key) -> any Encoder { MemberEncoder(members: members, path: path + [key]) }
}

/// A list, which is no set of named values.
private struct NoMembers: UnkeyedEncodingContainer {
    let members: EncodedMembers
    let codingPath: [any CodingKey]
    var count: Int { 0 }

    /// Below a list nothing has a name of its own.
    private struct Element: CodingKey {
        var stringValue: String { "element" }
        var intValue: Int? { nil }
        init() {}
        init?(stringValue: String) { nil }
        init?(intValue: Int) { nil }
    }

    private var elementPath: [any CodingKey] { codingPath + [Element()] }

    func encodeNil() throws { throw EncodedMembers.isNoValue([Any].self, codingPath) }
    func encode<T: Encodable>(_ value: T) throws { throw EncodedMembers.isNoValue([Any].self, codingPath) }

    func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(MemberContainer<Nested>(members: members, path: elementPath))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
    func superEncoder() -> any Encoder { MemberEncoder(members: members, path: elementPath) }
}
