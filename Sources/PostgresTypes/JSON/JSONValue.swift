/// Any JSON text as a value, nothing rounded and nothing reordered.
///
/// Numbers keep the digits they were written with, objects the order of their keys. Two values are equal when they mean
/// the same: `1.0 == 1`, and objects compare without regard to order, as `jsonb` does.
///
///     let value: JSONValue = ["name": "Ada", "tags": ["a", "b"], "score": 1.5]
///     value["tags"]?[0]?.string   // "a"
public enum JSONValue: Sendable, Hashable {
    /// JSON's own null, which is a value and not SQL's NULL.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, with the digits it was written with.
    case number(JSONNumber)
    /// A string, its escapes resolved.
    case string(String)
    /// Values in their order.
    case array([JSONValue])
    /// Keys in their order, with their values.
    case object(JSONObject)
}

extension JSONValue {
    /// The text, when this is a string.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The truth value, when this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, when this is one.
    public var number: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The number as an `Int`, when this is one that fits exactly.
    public var int: Int? { number?.int64.flatMap { Int(exactly: $0) } }

    /// The number as the nearest `Double`, when this is one.
    public var double: Double? { number?.double }

    /// The elements, when this is an array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The object, when this is one.
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// True for JSON's null.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The value under a key, or nil when this is no object or has no such key.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// The element at an index, or nil when this is no array or is shorter.
    public subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    /// JSON has no NaN and no infinity: such a literal becomes null.
    public init(floatLiteral value: Double) { self = JSONNumber(value).map { .number($0) } ?? .null }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Of keys that occur twice, the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON text, keys in their order.
    public var description: String { json(canonical: false) }
}
