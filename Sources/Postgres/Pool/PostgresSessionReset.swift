/// What is done with a session before the next one gets it. An open transaction is rolled back in any case.
public enum PostgresSessionReset: Sendable, Hashable {
    /// Settings, roles, temporary tables, advisory locks, cursors and LISTEN are taken away where a statement's text showed
    /// that it may have left some; otherwise nothing is asked of the server. What a function leaves from within is not
    /// seen. `SET LOCAL` and locks of the transaction end by themselves and cost nothing.
    case automatic
    /// The session is handed on as it is: what one task sets with `SET` the next one meets.
    case rollbackOnly
    /// This SQL is run each time, one round trip more: for functions that leave something, say.
    case always(String)

    /// `DISCARD ALL` each time. Statements have to be parsed again, which costs more than the reset itself.
    public static let discardAll = PostgresSessionReset.always("DISCARD ALL")
}
