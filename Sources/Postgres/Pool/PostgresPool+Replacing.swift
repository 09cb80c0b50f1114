import PostgresLocks
import PostgresPooling
import PostgresTransport
public import PostgresWire

/// A pool that changes while it is used.
extension PostgresPool {
    /// Changes how many connections there may be and how many are kept open. More are there at once for those who wait; of
    /// too many, idle ones are closed now and those in use when they come back.
    public func resize(maximum: Int, minimum: Int = 0) {
        core.resize(maximum: maximum, minimum: minimum)
    }

    /// Replaces every connection: idle ones now, those in use when they come back. Hosts are looked up, and passwords asked
    /// for, anew.
    public func replaceConnections() { core.step { $0.machine.retireAll(now: $1) } }

    /// Connects with another configuration from now on, a new password say, and replaces every connection gracefully.
    ///
    /// One connection is made with it first: where that fails, everything stays as it was. A password that changes often
    /// is better given by ``PostgresConfiguration/passwordProvider``, which each connect asks. Tracers stay those that the pool
    /// was made with; the connection that listens goes over when it is made anew.
    ///
    /// - Throws: what connecting with `configuration` throws.
    public func reconfigure(_ configuration: PostgresConfiguration) async throws(PostgresError) {
        let session = try await Connector(configuration, loop: core.loop).connect()
        session.terminate()
        core.reconfigure(configuration)
    }

    /// Opens the minimum, one connection at least, and waits for it: for the start of an application, whose server may be
    /// starting too. While it refuses or cannot be reached, attempts go on.
    ///
    /// - Parameter timeout: how long; ``PostgresPoolOptions/acquireTimeout`` when nil.
    /// - Throws: what no further attempt would mend, such as a wrong password, at once; why the last attempt failed, when
    ///   the time is up; `cancelled`; `poolClosed`.
    public func warmUp(timeout: Duration? = nil) async throws(PostgresError) {
        let deadline = ContinuousClock.now + (timeout ?? core.options.acquireTimeout)
        while true {
            do throws(PostgresError) {
                let left = max(.milliseconds(1), deadline - ContinuousClock.now)
                try await core.lease(for: self, from: PostgresCaller(), timeout: left.nanoseconds).lease?.end()
                let now = statistics
                if now.idle + now.leased >= now.minimum { return }
            } catch {
                let isLast = ContinuousClock.now >= deadline
                if isLast || !error.safeToRetry || error.code == .cancelled { throw error }
            }
            guard ContinuousClock.now < deadline else { throw core.notWarm }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { throw PoolCore.cancelled }
        }
    }
}

extension PoolCore {
    func resize(maximum: Int, minimum: Int) {
        step { state, now in
            let missing = maximum - state.members.count
            if missing > 0 {
                state.members.append(contentsOf: repeatElement(nil, count: missing))
                state.connecting.append(contentsOf: repeatElement(nil, count: missing))
            }
            return state.machine.resize(maximum: maximum, minimum: minimum, now: now)
        }
    }

    func reconfigure(_ configuration: PostgresConfiguration) {
        step { state, now in
            var configuration = configuration
            configuration.statementNews = state.configuration.statementNews
            configuration.tracers = state.configuration.tracers
            state.configuration = configuration
            return state.machine.retireAll(now: now)
        }
    }

    /// Why there are fewer connections than were to be opened.
    var notWarm: PostgresError {
        state.withLock { $0.connectError }
            ?? PostgresError(
                .timeout, "the pool's minimum of connections was not open before the deadline", safeToRetry: true)
    }
}
