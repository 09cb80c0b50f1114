/// How the names of columns are matched with the keys of a `Decodable` type.
public enum PostgresKeyStrategy: Sendable {
    /// A key is the column's name, letter by letter.
    case exact
    /// `user_id` matches `userId`, `userID` and `user_id`: case and underscores do not count.
    case ignoringCaseAndUnderscores
    /// The key of a column's name.
    case custom(@Sendable (String) -> String)

    /// What both a column's name and a key become before they are compared.
    func normalized(column name: String) -> String {
        switch self {
        case .exact: name
        case .ignoringCaseAndUnderscores: Self.plain(name)
        case .custom(let key): key(name)
        }
    }

    func normalized(key: String) -> String {
        switch self {
        case .exact, .custom: key
        case .ignoringCaseAndUnderscores: Self.plain(key)
        }
    }

    private static func plain(_ name: String) -> String { name.lowercased().replacing("_", with: "") }
}
