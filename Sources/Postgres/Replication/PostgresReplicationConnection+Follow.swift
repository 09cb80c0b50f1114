public import PostgresTypes
import PostgresWire

extension PostgresReplicationConnection {
    /// Follows publications for as long as the task runs, connecting again whenever the connection is lost.
    ///
    ///     try await PostgresReplicationConnection.follow(configuration, slot: "orders", publications: ["shop"]) { tx in
    ///         for try await change in tx.changes { try await index.apply(change) }
    ///     }
    ///
    /// Each transaction is acknowledged when `body` returns. When the connection is lost before, it is handed to `body`
    /// again, from its beginning; one that was acknowledged is not, as long as this call lasts. While somebody else reads
    /// the slot, it waits for its turn, so that a second process can stand by.
    ///
    /// - Throws: what `body` throws, and then the transaction comes again to whoever follows next; `cancelled`; `server`
    ///   for what does not pass by itself, such as a missing slot.
    @concurrent
    public static func follow(
        _ configuration: PostgresConfiguration, slot: String, publications: [String],
        from start: PostgresLSN = .zero, options: PostgresReplicationOptions = PostgresReplicationOptions(),
        _ body: @Sendable (PostgresReplicatedTransaction) async throws -> Void
    ) async throws {
        var position = start
        var failures = 0
        while true {
            let before = position
            try await followOnce(
                configuration, slot: slot, publications: publications, from: &position, options: options, body)
            failures = position > before ? 0 : min(failures + 1, 10)
            // Whoever lost the same server would come back at the same moment: wait a random while, longer each time.
            let longest = min(100 << failures, 5000)
            do {
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...longest)))
            } catch {
                throw Session.cancelled
            }
        }
    }

    /// Returns when the connection is lost, or not to be had, in a way that passes.
    private static func followOnce(
        _ configuration: PostgresConfiguration, slot: String, publications: [String], from position: inout PostgresLSN,
        options: PostgresReplicationOptions,
        _ body: @Sendable (PostgresReplicatedTransaction) async throws -> Void
    ) async throws {
        let connection: PostgresReplicationConnection
        let stream: PostgresReplicationStream
        do throws(PostgresError) {
            connection = try await connect(configuration)
            stream = try await connection.startReplication(
                slot: slot, publications: publications, from: position, options: options)
        } catch {
            guard error.willPass else { throw error }
            return
        }
        do {
            for try await transaction in stream {
                try await body(transaction)
                // Its end, which is what is acknowledged, comes after its last change.
                for try await _ in transaction.changes {}
                transaction.acknowledge()
                position = max(position, stream.confirmedPosition)
            }
        } catch {
            let isLost = !connection.isOpen && (error as? PostgresError)?.willPass == true
            position = max(position, stream.confirmedPosition)
            await stream.stop()
            await connection.close()
            if isLost { return }
            throw error
        }
        await connection.close()
    }
}

extension PostgresError {
    /// Trying again later may help: the server is away, starting, full, or the slot is still in use.
    fileprivate var willPass: Bool {
        switch sqlState {
        case .objectInUse, .adminShutdown, .crashShutdown, .cannotConnectNow, .tooManyConnections, .idleSessionTimeout:
            return true
        case .some: return false
        case nil: break
        }
        switch code {
        case .connectionFailed, .connectionClosed, .timeout: return true
        default: return safeToRetry
        }
    }
}
