import Foundation
import Postgres
import PostgresTestKit
import Testing

/// How the tests reach the shared server, as EGRET_TEST_THROUGH says. Each test runs every way, unless a trait says why it
/// cannot.
enum TestRoute: String, CaseIterable {
    /// Over its unix socket, as anybody: when nothing is said.
    case socket
    /// Over TCP, the certificate verified, with a SCRAM password.
    case tls
    /// Through a PgBouncer in transaction mode, as it is when nothing is set.
    case pgbouncer
    /// Through a Pgpool-II, which gives each client a session of its own, used by others before.
    case pgpool

    /// The way of this process.
    static var current: TestRoute {
        get throws { try chosen.get() }
    }

    private static let chosen = Result {
        let name = ProcessInfo.processInfo.environment["EGRET_TEST_THROUGH"] ?? ""
        guard let route = name.isEmpty ? .socket : TestRoute(rawValue: name) else {
            throw Unfit("EGRET_TEST_THROUGH is one of \(allCases.map(\.rawValue)), and not \(name)")
        }
        if route == .tls, TestServer.givenURL == nil, !hasTLS { throw Unfit(TestRoute.noTLS) }
        if route == .pgbouncer, PgBouncer.program == nil { throw Unfit(PgBouncer.isMissing) }
        if route == .pgpool, Pgpool.program == nil { throw Unfit(Pgpool.isMissing) }
        return route
    }

    /// Whether a pooler stands between the tests and the server.
    static var isPooled: Bool { isPgBouncer || isPgpool }
    static var isPgBouncer: Bool { (try? current) == .pgbouncer }
    static var isPgpool: Bool { (try? current) == .pgpool }

    /// How many cancels one after the other a test may send that sends so many: each takes Pgpool-II a second.
    static func countOfCancels(_ count: Int) -> Int { isPgpool ? min(count, 50) : count }

    /// Whether the server that tests start was built with TLS.
    static let hasTLS = (try? ServerBinaries.find())?.offersTLS ?? false
    static let noTLS = "this PostgreSQL was built without TLS"

    /// The tests cannot run this way at all.
    struct Unfit: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

extension Trait where Self == ConditionTrait {
    /// For a test that cannot hold where each transaction may be given another process of the server: says what it needs.
    static func needsOwnServerProcess(_ why: Comment) -> Self { .disabled(if: TestRoute.isPgBouncer, why) }

    /// For a test that cannot hold behind Pgpool-II: says why.
    static func notBehindPgpool(_ why: Comment) -> Self { .disabled(if: TestRoute.isPgpool, why) }

    /// For a test that creates an extension that not every build of the server comes with.
    static func needsExtension(_ name: String) -> Self {
        .enabled("this PostgreSQL comes without \(name)") {
            try await withConnection(TestServer.directConfiguration) { connection in
                try await connection.value(
                    "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = \(name)", as: Bool.self)
            }
        }
    }

    /// For a test that starts a server with TLS.
    static var needsTLS: Self { .enabled(if: TestRoute.hasTLS, Comment(rawValue: TestRoute.noTLS)) }
}
