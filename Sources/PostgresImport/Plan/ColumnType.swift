public import PostgresTypes

/// A PostgreSQL type that the importer can choose for a column.
public enum ColumnType: Hashable, Sendable {
    /// `boolean`.
    case boolean
    /// `smallint`, two bytes.
    case smallint
    /// `integer`, four bytes.
    case integer
    /// `bigint`, eight bytes.
    case bigint
    /// `double precision`.
    case doublePrecision
    /// Without a size, any number of digits.
    case numeric(NumericSize?)
    /// `text`, of any length.
    case text
    /// Text of at most so many characters.
    case varchar(Int)
    /// `bytea`.
    case bytea
    /// `date`.
    case date
    /// `time`, without a zone.
    case time
    /// `timestamp`, without a zone.
    case timestamp
    /// `timestamptz`.
    case timestamptz
    /// `uuid`.
    case uuid
    /// `json`, which keeps the text.
    case json
    /// `jsonb`.
    case jsonb

    /// `numeric(precision, scale)`.
    public struct NumericSize: Hashable, Sendable {
        /// Digits in all.
        public var precision: Int
        /// Digits after the point.
        public var scale: Int

        /// `precision` digits in all, `scale` of them after the point.
        public init(precision: Int, scale: Int) {
            self.precision = precision
            self.scale = scale
        }
    }

    /// The type as SQL writes it.
    public var sql: String {
        switch self {
        case .boolean: "boolean"
        case .smallint: "smallint"
        case .integer: "integer"
        case .bigint: "bigint"
        case .doublePrecision: "double precision"
        case .numeric(nil): "numeric"
        case .numeric(let size?): "numeric(\(size.precision),\(size.scale))"
        case .text: "text"
        case .varchar(let length): "varchar(\(length))"
        case .bytea: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestamptz: "timestamptz"
        case .uuid: "uuid"
        case .json: "json"
        case .jsonb: "jsonb"
        }
    }

    private static let plain: [ColumnType] = [
        .boolean, .smallint, .integer, .bigint, .doublePrecision, .numeric(nil), .text, .bytea, .date, .time,
        .timestamp, .timestamptz, .uuid, .json, .jsonb,
    ]

    /// Reads what `sql` writes, in any case. Nil for every other type.
    public init?(sql: String) {
        let text = sql.lowercased().filter { $0 != " " }
        if let type = Self.plain.first(where: { $0.sql.filter { $0 != " " } == text }) {
            self = type
            return
        }
        guard let open = text.firstIndex(of: "("), text.last == ")" else { return nil }
        let sizes = text[text.index(after: open)...].dropLast().split(separator: ",").map { Int($0) }
        switch (text[..<open], sizes.count, sizes.first ?? nil, sizes.last ?? nil) {
        case ("numeric", 2, let precision?, let scale?)
        where (1...1000).contains(precision) && (0...precision) ~= scale:
            self = .numeric(NumericSize(precision: precision, scale: scale))
        case ("varchar", 1, let length?, _) where (1...10_485_760).contains(length):
            self = .varchar(length)
        default: return nil
        }
    }

    /// The type's OID.
    public var postgresType: PostgresType {
        switch self {
        case .boolean: .bool
        case .smallint: .int2
        case .integer: .int4
        case .bigint: .int8
        case .doublePrecision: .float8
        case .numeric: .numeric
        case .text: .text
        case .varchar: .varchar
        case .bytea: .bytea
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .timestamptz: .timestamptz
        case .uuid: .uuid
        case .json: .json
        case .jsonb: .jsonb
        }
    }

    /// True for the three integer types, between which PostgreSQL compares directly.
    var isInteger: Bool { self == .smallint || self == .integer || self == .bigint }

    /// True for `text` and `varchar`.
    var isText: Bool {
        switch self {
        case .text, .varchar: true
        default: false
        }
    }
}

extension ColumnType: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let type = ColumnType(sql: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(text) is no type that the importer can load")
        }
        self = type
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(sql)
    }
}

extension ColumnType: CustomStringConvertible {
    public var description: String { sql }
}
