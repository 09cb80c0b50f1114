public import PostgresTypes
public import PostgresWire

/// Which server may answer a read.
struct PostgresReadBounds: Sendable {
    var maximumLag: Duration?
    var position: PostgresLSN?
}

/// Reads of a cluster: each goes to a standby that fits, in turn. See ``PostgresCluster/reads(maximumLag:after:)``.
///
/// Nothing here keeps a statement from writing but the standby, and the primary that is read instead would not: a
/// transaction with `readOnly: true` is refused its writes everywhere.
public struct PostgresClusterReader: PostgresDatabase {
    let route: ClusterRoute

    public func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        try await route.query(query, timeout: timeout, from: caller)
    }

    @concurrent @discardableResult
    public func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await route.withConnection(from: caller, body)
    }

    @concurrent @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await route.withTransaction(options, from: caller, body)
    }
}
