@testable import PostgresTypes
@testable import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension FuzzTarget {
    /// `numeric` in text and in binary, what Swift's numbers make of it, and its order.
    static let numeric = FuzzTarget(name: "numeric") { input in ValueForm.run(forms, input) }
}

private let forms = [
    ValueForm(PostgresNumeric.self) { checkNumbers($0) },
    ValueForm(PostgresNumeric.self) { checkOrder($0) },
    ValueForm(binary: Decimal.self),
    ValueForm(PostgresMoney.self),
]

/// Numbers that a numeric turns into are that numeric.
private func checkNumbers(_ value: PostgresNumeric) {
    if let integer: Int64 = try? value.integer() { check(PostgresNumeric(integer) == value, "an integer of \(value)") }
    if let small: Int8 = try? value.integer() { check(PostgresNumeric(small) == value, "a small integer of \(value)") }
    if let large: Int128 = try? value.integer() {
        check(PostgresNumeric(large) == value, "a large integer of \(value)")
    }
    if let double = try? value.double() { check(PostgresNumeric(double) == value, "a double of \(value)") }
    if value.isFinite, value.description.utf8.count < 300 {
        let (near, of) = (value.nearestDouble, Double(value.description))
        check(near == of, "the double next to \(value) is \(near)")
    }
    if let decimal = try? value.decimal() {
        let bytes = must("a decimal can be written") { () throws(PostgresError) in try encoded(decimal, .numeric) }
        let again = must("a decimal is a numeric") { () throws(PostgresError) in
            try decoded(PostgresNumeric.self, bytes, .numeric)
        }
        check(again == value, "the decimal \(decimal) of \(value)")
    }
    for type in [PostgresType.int2, .int4, .int8, .float4, .float8, .oid] {
        if let bytes = try? encoded(value, type) { check(bytes.count <= 8, "\(value) as \(type)") }
    }
}

/// The order is one, and what is equal hashes alike.
private func checkOrder(_ value: PostgresNumeric) {
    check(-(-value) == value, "\(value) turned round twice")
    check(value == value && !(value < value), "\(value) is itself")
    for other in [PostgresNumeric(0), 1, -1, .nan, .infinity, .negativeInfinity, -value] {
        let relations = [value < other, value == other, other < value].filter { $0 }
        check(relations.count == 1, "\(value) and \(other) have one order")
        if value == other { check(value.hashValue == other.hashValue, "\(value) and \(other) hash alike") }
    }
}
