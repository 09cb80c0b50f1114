@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// Ranges and multiranges, of bounds with text forms of several kinds.
    static let range = FuzzTarget(name: "range") { input in ValueForm.run(forms, input) }
}

private let forms = [
    ValueForm(PostgresRange<Int32>.self) { checkRange($0) },
    ValueForm(PostgresRange<Int64>.self) { checkRange($0) },
    ValueForm(PostgresRange<PostgresNumeric>.self),
    ValueForm(PostgresRange<PostgresDate>.self) { checkRange($0) },
    ValueForm(PostgresRange<PostgresTimestampTZ>.self),
    ValueForm(PostgresRange<String>.self, as: texts),
    ValueForm(PostgresMultirange<Int32>.self),
    ValueForm(PostgresMultirange<PostgresNumeric>.self),
    ValueForm(PostgresMultirange<PostgresTimestamp>.self),
]

/// As `CREATE TYPE texts AS RANGE (subtype = text)` makes it.
private let texts = PostgresType(oid: 70_001, name: "texts", kind: .range(of: .text))

/// The canonical form has the same values in it and is its own canonical form.
private func checkRange<B: PostgresDiscreteRangeBound>(_ range: PostgresRange<B>) {
    guard let lower = range.lower, let upper = range.upper else { return check(range.isEmpty, "no bounds, no values") }
    guard let canonical = range.canonical else { return }
    check(canonical.canonical == canonical, "the canonical form of \(range)")
    if let first = lower.value, let last = upper.value, first > last { return }
    for value in [lower.value, upper.value, lower.value?.nextRangeBound, upper.value?.nextRangeBound] {
        guard let value else { continue }
        check(range.contains(value) == canonical.contains(value), "\(value) in \(range) and in \(canonical)")
    }
}
