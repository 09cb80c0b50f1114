/// How the bytes of a COPY stand for rows, with every option that the server has (PostgreSQL documentation, COPY).
///
///     .text
///     .csv(header: true, delimiter: ";", null: "NULL")
///     var format = PostgresCopyFormat.csv(header: .match)
///     format.forceNotNull = .columns(["name"])
///
/// Strings are quoted; what only one direction has, the other refuses. What is not said is as the server has it.
public struct PostgresCopyFormat: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case text
        case csv
    }

    /// Whether the first line names the columns.
    public enum Header: Sendable, Hashable, ExpressibleByBooleanLiteral {
        case absent
        /// Written, and passed over when it is read.
        case present
        /// As `present`; read, it must have the columns' names in their order (from version 15 on).
        case match

        public init(booleanLiteral value: Bool) { self = value ? .present : .absent }
    }

    /// Some of the columns, or all of them.
    public enum Columns: Sendable, Hashable {
        case columns([String])
        case all
    }

    /// What happens to a row in which a value cannot be read (from version 17 on).
    public enum OnError: String, Sendable, Hashable {
        /// The COPY fails.
        case stop
        /// The row is left out; a notice tells how many there were.
        case ignore
    }

    /// How much is said of rows that are left out.
    public enum LogVerbosity: String, Sendable, Hashable {
        case `default`
        /// Each row, with its line and column, as a notice.
        case verbose
        /// Nothing (from version 18 on).
        case silent
    }

    let kind: Kind
    /// Whether the first line names the columns; in text from version 15 on.
    public var header: Header?
    /// What stands between values: a tab in text, a comma in CSV.
    public var delimiter: Character?
    /// What stands for NULL: `\N` in text, nothing in CSV.
    public var null: String?
    /// What stands for the column's default; into a table, from version 16 on.
    public var `default`: String?
    /// What stands around values in CSV.
    public var quote: Character?
    /// What stands before a quote within a value in CSV.
    public var escape: Character?
    /// Values that are quoted whatever they are; CSV, out of a table.
    public var forceQuote: Columns?
    /// Columns in which what looks like NULL is not; CSV, into a table. `all` from version 17 on.
    public var forceNotNull: Columns?
    /// Columns in which what looks like NULL is NULL even when it is quoted; CSV, into a table. `all` from 17 on.
    public var forceNull: Columns?
    /// The encoding of the bytes, by the server's name for it: `LATIN1`, `WIN1252`. UTF-8 unless said.
    public var encoding: String?
    /// What becomes of rows that cannot be read; into a table, from version 17 on.
    public var onError: OnError?
    /// How many rows may be left out before the COPY fails; into a table, from version 18 on.
    public var rejectLimit: Int?
    /// How much is said of them; into a table, from version 17 on.
    public var logVerbosity: LogVerbosity?

    private init(kind: Kind) { self.kind = kind }

    /// Tabs between values, `\N` for NULL, backslash escapes.
    public static var text: PostgresCopyFormat { PostgresCopyFormat(kind: .text) }

    /// As `text`, with these options.
    public static func text(
        header: Header? = nil, delimiter: Character? = nil, null: String? = nil, default: String? = nil,
        encoding: String? = nil
    ) -> PostgresCopyFormat {
        var format = PostgresCopyFormat(kind: .text)
        format.header = header
        format.delimiter = delimiter
        format.null = null
        format.default = `default`
        format.encoding = encoding
        return format
    }

    /// Comma-separated values; with a header, the first line names the columns and is not a row.
    public static func csv(
        header: Header? = nil, delimiter: Character? = nil, null: String? = nil, default: String? = nil,
        quote: Character? = nil, escape: Character? = nil, encoding: String? = nil
    ) -> PostgresCopyFormat {
        var format = PostgresCopyFormat(kind: .csv)
        format.header = header
        format.delimiter = delimiter
        format.null = null
        format.default = `default`
        format.quote = quote
        format.escape = escape
        format.encoding = encoding
        return format
    }

    /// Comma-separated values.
    public static var csv: PostgresCopyFormat { PostgresCopyFormat(kind: .csv) }
}
