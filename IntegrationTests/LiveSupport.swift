import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// The ways to the server that the driver treats differently.
enum Way: String, CaseIterable, CustomTestStringConvertible {
    case unixSocket
    case tcp
    case tls
    case pooler

    /// The ways that this server has; through a pooler, that one: the others are the tests' of every other run.
    static var allCases: [Way] {
        if TestRoute.isPooled { return [.pooler] }
        return TestRoute.hasTLS ? [.unixSocket, .tcp, .tls] : [.unixSocket, .tcp]
    }

    var testDescription: String { rawValue }

    /// How to reach the shared server this way.
    var configuration: PostgresConfiguration {
        get throws {
            switch self {
            case .unixSocket: return try TestServer.directConfiguration
            case .pooler: return try TestServer.configuration
            case .tls: return try TestServer.networkConfiguration
            case .tcp:
                var configuration = try TestServer.networkConfiguration
                if TestServer.givenURL == nil { configuration.tls = .disable }
                return configuration
            }
        }
    }
}

extension PostgresConfiguration {
    /// Names the connections, so that a test finds its own among the server's.
    func named(_ name: String) -> PostgresConfiguration {
        var copy = self
        copy.applicationName = name
        return copy
    }
}

/// A name that no other test has.
func uniqueName(_ prefix: String = "t") -> String { "\(prefix)_\(UInt64.random(in: .min ... .max))" }

/// Runs `body` with a connection that is closed afterwards. Unlike `PostgresConnection.withConnection` it stays off the
/// connection's own thread.
@discardableResult
func withConnection<R>(
    _ configuration: PostgresConfiguration, _ body: (PostgresConnection) async throws -> R
) async throws -> R {
    let connection = try await PostgresConnection.connect(configuration)
    do {
        let result = try await body(connection)
        await connection.close()
        return result
    } catch {
        await connection.close()
        throw error
    }
}

/// What `body` fails with; checks that it does.
@discardableResult
func failure<R>(
    of body: () async throws -> R, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
    try #require(
        await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() },
        sourceLocation: sourceLocation)
}

/// Asks again and again until the answer is yes; false when it is not within a minute.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// How long `body` takes.
func time(_ body: () async throws -> Void) async rethrows -> Duration {
    let start = ContinuousClock.now
    try await body()
    return ContinuousClock.now - start
}

extension PostgresDatabase {
    /// The first value of the first row.
    func value<V: PostgresDecodable & Sendable>(_ query: PostgresQuery, as _: V.Type = V.self) async throws -> V {
        try #require(try await self.query(query, as: V.self).first())
    }

    /// Shows that the connection works and is in step.
    func check(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let number = Int32.random(in: .min ... .max)
        let answer = try await query("SELECT \(number)::int4", as: Int32.self).collect()
        #expect(answer == [number], sourceLocation: sourceLocation)
    }

    /// How many sessions of that name the server has.
    func backends(named name: String) async throws -> Int {
        try await value("SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name)")
    }

    /// How many sessions run a statement with that word in its text. A session's name does not tell behind a pooler: it
    /// keeps the name for the next client that has none of its own.
    func running(_ word: String) async throws -> Int {
        try await value(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND strpos(query, \(word)) > 0")
    }

    /// How many sessions of that name run something.
    func activeBackends(named name: String) async throws -> Int {
        try await value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name) AND state <> 'idle'")
    }
}

/// Something that happens once.
final class Signal: Sendable {
    private let state = Mutex<(isSet: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func set() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiters.append(waiter) }
                return state.isSet
            }
            if isSet { waiter.resume() }
        }
    }
}
