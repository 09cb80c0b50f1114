#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A text that equals another only where the bytes are the same, as the server compares.
///
/// Swift's strings are equal when they look the same: `"\u{E9}"` and `"e\u{301}"` are one key of a dictionary, and two of
/// PostgreSQL's `jsonb`; two statements that differ in such a literal alone would be taken for one another.
package struct ExactText: Hashable, Comparable, Sendable {
    package let string: String

    package init(_ string: String) { self.string = string }

    package static func == (left: ExactText, right: ExactText) -> Bool { areSame(left.string, right.string) }

    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }

    /// Whether two strings are the same bytes.
    package static func areSame(_ left: String, _ right: String) -> Bool {
        let same = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                guard left.count == right.count else { return false }
                guard let first = left.baseAddress, let second = right.baseAddress else { return left.isEmpty }
                return first == second || memcmp(first, second, left.count) == 0
            }
        }
        if case .some(.some(let same)) = same { return same }
        return left.utf8.elementsEqual(right.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = string.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isHashed == nil { for byte in string.utf8 { hasher.combine(byte) } }
    }
}
