import PostgresWire

/// What to do about the failures that people meet most.
enum Advice {
    /// Decided by SQLSTATE: messages are translated.
    static func forServerError(_ error: PostgresServerError) -> String? {
        switch error.sqlState {
        case .invalidPassword:
            "Check user and password; psql with the same URL must succeed"
        case .invalidAuthorizationSpecification:
            "The server's pg_hba.conf has no line that lets this user in from here this way; hostssl lines need "
                + "sslmode=require"
        case .invalidCatalogName:
            "Create the database (createdb NAME), or correct its name in the URL"
        case .tooManyConnections:
            "Use a smaller pool, raise max_connections, or put PgBouncer in between"
        case .cannotConnectNow:
            "The server is starting or stopping; try again in a moment"
        case .insufficientPrivilege:
            "GRANT the right to this user, or connect as one that has it"
        case .undefinedTable:
            "Create the table, or check search_path"
        default:
            nil
        }
    }
}
