import PostgresWire

/// A statement and its parameters.
///
/// Interpolated values become parameters, never text:
///
///     let query: PostgresQuery = "SELECT name FROM users WHERE age > \(age) AND city = ANY(\(cities))"
///
/// Names and text that SQL must see itself are said so: `\(identifier: "users")`, `\(raw: "ORDER BY 1")`.
/// Text in `raw` is not checked; never put anything there that came from outside.
public struct PostgresQuery: Sendable {
    /// The statement with `$1`, `$2`, … where values stand.
    public internal(set) var sql: String
    /// The values.
    @inlinable public var parameters: PostgresParameters { values }
    @usableFromInline var values: PostgresParameters

    /// A statement without parameters.
    public init(raw sql: String = "") {
        self.sql = sql
        values = PostgresParameters()
    }

    /// A statement whose text has its placeholders already; it cannot be a part of another one.
    package init(sql: String, parameters: PostgresParameters) {
        self.sql = sql
        values = parameters
    }

    /// A statement whose text has its placeholders already, with room for so many values.
    @usableFromInline
    init(statement sql: String, parameters count: Int) {
        self.sql = sql
        values = PostgresParameters(capacity: count)
    }

    /// With room for so many bytes of text and so many values.
    init(capacity: Int, parameters count: Int) {
        sql = ""
        sql.reserveCapacity(capacity)
        values = PostgresParameters(capacity: count)
    }

    /// Adds text as it is. Never pass what came from outside.
    public mutating func append(raw text: String) { sql += text }

    /// Adds a name, quoted.
    public mutating func append(_ identifier: PostgresIdentifier) { sql += identifier.sql }

    /// Adds a value as the next parameter.
    @inlinable
    public mutating func append<V: PostgresEncodable>(value: V) {
        values.append(value, placeholder: sql.utf8.count)
        appendPlaceholder()
    }

    /// `$1` to `$32`, ready made.
    private static let placeholders = (1...32).map { "$\($0)" }

    private static func placeholder(_ number: Int) -> String {
        number <= placeholders.count ? placeholders[number - 1] : "$\(number)"
    }

    /// Adds the placeholder of the last value.
    @usableFromInline
    mutating func appendPlaceholder() { sql += PostgresQuery.placeholder(values.count) }

    /// Adds another query, its parameters numbered on from ours.
    ///
    /// One made by a ``PostgresStatement`` has numbers of its own and cannot be joined: running the result throws
    /// `invalidUse`.
    public mutating func append(_ other: PostgresQuery) {
        guard !other.values.entries.contains(where: { $0.placeholder < 0 }) else {
            values.fail(
                PostgresError(.invalidUse, "a query made by a PostgresStatement cannot be a part of another one"))
            return
        }
        let text = other.sql.utf8
        var position = text.startIndex
        var placeholders: [Int] = []
        for (index, entry) in other.values.entries.enumerated() {
            let start = text.index(text.startIndex, offsetBy: entry.placeholder)
            sql += other.sql[position..<start]
            placeholders.append(sql.utf8.count)
            sql += PostgresQuery.placeholder(values.count + index + 1)
            position = text.index(start, offsetBy: PostgresQuery.placeholder(index + 1).utf8.count)
        }
        sql += other.sql[position...]
        values.append(contentsOf: other.values, placeholders: placeholders)
    }
}

extension PostgresQuery: ExpressibleByStringInterpolation {
    public init(stringLiteral sql: String) { self.init(raw: sql) }
    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.query }

    /// Builds the query while the literal is read from left to right.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        @usableFromInline var query: PostgresQuery

        public init(literalCapacity: Int, interpolationCount: Int) {
            // Room for `$12` at each place.
            query = PostgresQuery(capacity: literalCapacity + 3 * interpolationCount, parameters: interpolationCount)
        }

        public mutating func appendLiteral(_ text: String) { query.append(raw: text) }

        /// A value: becomes the next parameter.
        @inlinable
        public mutating func appendInterpolation<V: PostgresEncodable>(_ value: V) { query.append(value: value) }

        /// A value or NULL. Said apart from the other so that the compiler does not warn of an optional in a string.
        @inlinable
        public mutating func appendInterpolation<V: PostgresEncodable>(_ value: V?) { query.append(value: value) }

        /// A name: quoted.
        public mutating func appendInterpolation(identifier: PostgresIdentifier) { query.append(identifier) }

        /// A name in a string: quoted.
        public mutating func appendInterpolation(identifier name: String) { query.append(PostgresIdentifier(name)) }

        /// Text as it is.
        public mutating func appendInterpolation(raw text: String) { query.append(raw: text) }

        /// Another query, with its parameters.
        public mutating func appendInterpolation(_ other: PostgresQuery) { query.append(other) }
    }
}

extension PostgresQuery: CustomStringConvertible {
    /// The statement. Values are left out: they may be secret.
    public var description: String { sql }
}
