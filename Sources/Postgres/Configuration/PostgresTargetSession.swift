/// What a server must be for a connection to be kept (libpq's `target_session_attrs`). With several hosts, those that
/// do not fit are passed over.
public enum PostgresTargetSession: String, Sendable, Hashable, CaseIterable {
    /// Whatever answers.
    case any
    /// Accepts writes: no standby, and not `default_transaction_read_only`.
    case readWrite = "read-write"
    /// Accepts no writes: a standby, or `default_transaction_read_only`.
    case readOnly = "read-only"
    /// Not in recovery.
    case primary
    /// In recovery: a hot standby.
    case standby
    /// A standby where one of the hosts is one, else whatever answers.
    case preferStandby = "prefer-standby"
}
