public import Postgres
import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A key by which rows that come together are told apart: of the types for which that needs no word of the server.
///
/// Of integers and UUIDs the server and Swift agree which are equal. A text that has the same bytes as a key is equal to
/// it; one that has not may still be, by the column's type (`citext`, `char(n)`) or collation.
@usableFromInline
enum LookupKey: Sendable {
    case integer(Int64)
    case uuid(UUID)
    case text(String)

    /// Which of the cases a Swift type is.
    enum Kind { case integer, uuid, text }

    var kind: Kind {
        switch self {
        case .integer: .integer
        case .uuid: .uuid
        case .text: .text
        }
    }

    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    var uuid: UUID? { if case .uuid(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }

    /// Nil for values of other types: those are asked for one by one.
    ///
    /// Inlinable, since where the type is known nothing is left of the casts.
    @inlinable
    init?<Value>(_ value: Value) {
        if let value = value as? Int {
            self = .integer(Int64(value))
        } else if let value = value as? Int64 {
            self = .integer(value)
        } else if let value = value as? Int32 {
            self = .integer(Int64(value))
        } else if let value = value as? Int16 {
            self = .integer(Int64(value))
        } else if let value = value as? UUID {
            self = .uuid(value)
        } else if let value = value as? String {
            self = .text(value)
        } else {
            return nil
        }
    }

    /// The one value of a key of one column.
    @inlinable
    init?<each Value: PostgresEncodable>(only values: repeat each Value) {
        var key: LookupKey?
        var count = 0
        for value in repeat each values {
            key = LookupKey(value)
            count += 1
        }
        guard let key, count == 1 else { return nil }
        self = key
    }

    /// The case that the values of a type are, if they are one.
    static func kind<Value>(of type: Value.Type) -> Kind? {
        switch type {
        case is Int.Type, is Int64.Type, is Int32.Type, is Int16.Type, is Int?.Type, is Int64?.Type, is Int32?.Type,
            is Int16?.Type:
            .integer
        case is UUID.Type, is UUID?.Type: .uuid
        case is String.Type, is String?.Type: .text
        default: nil
        }
    }
}

extension LookupKey: Hashable {
    @usableFromInline
    static func == (left: LookupKey, right: LookupKey) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left == right
        case (.uuid(let left), .uuid(let right)): left == right
        case (.text(let left), .text(let right)): ExactText.areSame(left, right)
        default: false
        }
    }

    @usableFromInline
    func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let value): hasher.combine(value)
        case .uuid(let value): hasher.combine(value)
        case .text(let value): ExactText(value).hash(into: &hasher)
        }
    }
}

/// How rows of a model are told apart by their key.
struct GatheredKey<M: Sendable>: Sendable {
    let kind: LookupKey.Kind
    /// The key of a row.
    let read: @Sendable (UnsafePointer<M>) -> LookupKey?
}
