/// How the bytes of a COPY stand for rows (PostgreSQL documentation, COPY).
public enum PostgresCopyFormat: Sendable, Hashable {
    /// Tabs between values, `\N` for NULL, backslash escapes.
    case text
    /// Comma-separated values; `header`: the first line names the columns and is not a row.
    case csv(header: Bool = false, delimiter: Character = ",", null: String = "")

    /// The options in COPY's parentheses.
    var options: String {
        switch self {
        case .text: "FORMAT text"
        case .csv(let header, let delimiter, let null):
            "FORMAT csv, HEADER \(header), DELIMITER \(Self.literal(String(delimiter))), NULL \(Self.literal(null))"
        }
    }

    /// A string as SQL writes it; COPY takes no parameters.
    private static func literal(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }
}
