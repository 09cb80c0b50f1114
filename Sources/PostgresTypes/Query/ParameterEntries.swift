/// What is known of a statement's values beside their bytes, in order.
///
/// The first four stand in place: most statements have no more, and need no further memory for them.
@usableFromInline
struct ParameterEntries: Sendable, RandomAccessCollection, MutableCollection {
    @usableFromInline
    struct Entry: Sendable {
        /// What the value is encoded as.
        @usableFromInline var type: PostgresType
        /// Where the statement's placeholder for it begins, in bytes, so that statements can be joined; -1 where that is
        /// not known.
        @usableFromInline var placeholder: Int

        @inlinable
        init(type: PostgresType, placeholder: Int) {
            self.type = type
            self.placeholder = placeholder
        }
    }

    private static let none = Entry(type: .unknown, placeholder: -1)

    @usableFromInline private(set) var count = 0
    private var first = none
    private var second = none
    private var third = none
    private var fourth = none
    private var rest: [Entry] = []

    @usableFromInline var startIndex: Int { 0 }
    @usableFromInline var endIndex: Int { count }

    @usableFromInline
    subscript(index: Int) -> Entry {
        get {
            precondition(index < count)
            return switch index {
            case 0: first
            case 1: second
            case 2: third
            case 3: fourth
            default: rest[index - 4]
            }
        }
        set {
            precondition(index < count)
            switch index {
            case 0: first = newValue
            case 1: second = newValue
            case 2: third = newValue
            case 3: fourth = newValue
            default: rest[index - 4] = newValue
            }
        }
    }

    /// The type of the value there, which there must be.
    @inline(__always)
    func type(at index: Int) -> PostgresType {
        switch index {
        case 0: first.type
        case 1: second.type
        case 2: third.type
        case 3: fourth.type
        default: rest[index &- 4].type
        }
    }

    @usableFromInline
    mutating func append(_ entry: Entry) {
        switch count {
        case 0: first = entry
        case 1: second = entry
        case 2: third = entry
        case 3: fourth = entry
        default:
            if count == 4 { rest.reserveCapacity(12) }
            rest.append(entry)
        }
        count += 1
    }
}
