import Postgres

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A row of `events_1m`, in Swift's own types.
struct Event {
    var id: Int32
    var account: Int64
    var amount: Double
    var name: String
    var at: Date
    var active: Bool
    var uid: UUID
    var data: String

    @inline(__always)
    init(_ row: inout PostgresRowDecoder) throws(PostgresError) {
        self.init(
            id: try row.next(), account: try row.next(), amount: try row.next(), name: try row.next(),
            at: try row.next(), active: try row.next(), uid: try row.next(), data: try row.next())
    }

    @inline(__always)
    func append(to row: inout PostgresRowEncoder) throws(PostgresError) {
        try row.append(id)
        try row.append(account)
        try row.append(amount)
        try row.append(name)
        try row.append(at)
        try row.append(active)
        try row.append(uid)
        try row.append(data)
    }

    /// Touches every field.
    @inline(__always)
    func use(_ sink: inout Sink) {
        sink.use(Int(id) &+ Int(account) &+ Int(amount) &+ name.utf8.count &+ (active ? 1 : 0) &+ data.utf8.count)
        sink.use(Int(uid.uuid.15) &+ Int(at.timeIntervalSinceReferenceDate))
    }
}

/// Rows to write: numbers from the row's number, the rest from 1,024 prepared values, as the peers do it.
struct EventSource: Sendable {
    private let names: [String]
    private let uids: [UUID]
    private let documents: [String]
    private let times: [Date]

    init() {
        uids = (0..<1024).map { _ in UUID() }
        names = uids.map { $0.uuidString.lowercased().filter { $0 != "-" } }
        documents = names.enumerated().map { "{\"k\": \($0), \"note\": \"\($1)\", \"tags\": [\"a\", \"b\"]}" }
        times = (0..<1024).map { Date(timeIntervalSince1970: 1_767_225_600 + Double($0)) }
    }

    @inline(__always)
    func event(_ number: Int) -> Event {
        let place = number & 1023
        return Event(
            id: Int32(truncatingIfNeeded: number), account: Int64(number) &* 7919, amount: Double(number) * 0.37,
            name: names[place], at: times[place], active: number % 2 == 0, uid: uids[place], data: documents[place])
    }
}

extension Event {
    @inline(__always)
    init(
        id: Int32, account: Int64, amount: Double, name: String, at: Date, active: Bool, uid: UUID, data: String
    ) {
        self.id = id
        self.account = account
        self.amount = amount
        self.name = name
        self.at = at
        self.active = active
        self.uid = uid
        self.data = data
    }
}
