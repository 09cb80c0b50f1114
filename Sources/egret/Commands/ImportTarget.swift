import Postgres
import PostgresImport
import PostgresTestKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server that `import` and `verify` work on.
struct ImportTarget: Sendable {
    let configuration: PostgresConfiguration
    /// The server that is gone when the command is done, where none was named.
    let temporary: TemporaryServer?

    static let option = CommandOption.value(
        "into", "URL", "The server: postgres://user@host/database (default: DATABASE_URL)")

    /// The server that `--into` or DATABASE_URL names, or nil.
    static func named(_ url: String?) throws -> ImportTarget? {
        let environment = ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        guard let url = url ?? environment else { return nil }
        var configuration = try PostgresConfiguration(url)
        if configuration.applicationName == nil { configuration.applicationName = "egret import" }
        return ImportTarget(configuration: configuration, temporary: nil)
    }

    /// A private server for the time of one command.
    static func temporaryServer() async throws -> ImportTarget {
        let server = try await TemporaryServer.start()
        return ImportTarget(configuration: try PostgresConfiguration(server.socketURL()), temporary: server)
    }
}

/// Runs `body` and gives errors of the import their place among the errors that commands show.
func showingImportErrors<R>(_ body: () async throws -> R) async throws -> R {
    do {
        return try await body()
    } catch var error as ImportError {
        let advice = error.advice
        error.advice = nil
        throw CommandError(error.description, advice: advice)
    }
}
