/// Who holds a connection of a pool, and for how long.
public struct PostgresPoolHolder: Sendable, Codable, Hashable, CustomStringConvertible {
    /// Where it was asked for: `App/Orders.swift:40`.
    public var caller: String
    /// For how long it has been held, in seconds.
    public var seconds: Double
    /// The process of the server that serves it, as `pg_stat_activity` names it.
    public var serverProcessID: Int?

    public var description: String {
        let tenths = Int((seconds * 10).rounded())
        return "\(caller) for \(tenths / 10).\(tenths % 10) s"
    }
}

extension [PostgresPoolHolder] {
    /// One clause that names them, the longest first: places that hold several are named once.
    var summary: String {
        var places: [(holder: PostgresPoolHolder, count: Int)] = []
        for holder in sorted(by: { $0.seconds > $1.seconds }) {
            if let index = places.firstIndex(where: { $0.holder.caller == holder.caller }) {
                places[index].count += 1
            } else {
                places.append((holder, 1))
            }
        }
        let shown = places.prefix(10).map { place in
            place.count == 1 ? "\(place.holder)" : "\(place.holder) at most (\(place.count) connections)"
        }
        let rest = places.count > 10 ? ", and \(places.count - 10) other places" : ""
        return shown.joined(separator: ", ") + rest
    }
}
