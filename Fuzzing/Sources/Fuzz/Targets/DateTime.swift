@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// Dates, times and intervals: all the texts that a server writes, and their binary forms.
    static let dateTime = FuzzTarget(name: "datetime") { input in ValueForm.run(forms, input) }
}

private let forms = [
    ValueForm(PostgresInterval.self), ValueForm(PostgresTimestamp.self), ValueForm(PostgresTimestampTZ.self),
    ValueForm(PostgresDate.self), ValueForm(PostgresTime.self), ValueForm(PostgresTimeTZ.self),
]
