/// What a pool does with its connections beside handing them out.
///
///     var hooks = PostgresPoolHooks()
///     hooks.onConnect = { connection in
///         try await connection.execute("SET TIME ZONE 'UTC'")
///     }
///     let pool = try PostgresPool(configuration, hooks: hooks)
///
/// A hook that throws has its connection closed. It may use the connection only until it returns. Settings that all shall
/// have cost nothing in ``PostgresConfiguration/parameters``, and survive a reset, which what `onConnect` sets does not.
public struct PostgresPoolHooks: Sendable {
    /// Of each new connection, before anybody gets it. What it throws counts as a failure to connect.
    public var onConnect: (@Sendable (PostgresConnection) async throws -> Void)?
    /// Before somebody gets a connection. When it throws, another one is taken; when it throws for three, the caller gets
    /// an error. With this hook a query cannot be sent by the task that frees a connection, which makes busy pools slower.
    public var beforeLease: (@Sendable (PostgresConnection) async throws -> Void)?
    /// When a connection has come back, after its transaction was rolled back and before it was reset.
    public var onRelease: (@Sendable (PostgresConnection) async throws -> Void)?

    /// None.
    public init() {}
}
