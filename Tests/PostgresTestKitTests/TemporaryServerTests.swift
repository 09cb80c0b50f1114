import Foundation
import PostgresWire
import Testing

@testable import PostgresTestKit

@Suite(.serialized) struct TemporaryServerTests {
    private static let hasTLS = (try? ServerBinaries.find())?.offersTLS ?? false

    /// Runs psql against `server`; nil when this machine has a server without its client.
    private func psql(_ server: TemporaryServer, url: String? = nil, _ sql: String) throws -> (Int32, String)? {
        let program = try ServerBinaries.find().path("psql")
        guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
        let result = try ChildProcess.run(program, ["-X", "-A", "-t", "-d", url ?? server.connectionURL, "-c", sql])
        return (result.status, result.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test func startsQuicklyAndLeavesNothingBehind() async throws {
        // The best of a few tries: what else the machine does is not the point.
        var fastest = Duration.seconds(60)
        for _ in 0..<12 where fastest >= .seconds(10) {
            let taken = try await ContinuousClock().measure { try await TemporaryServer.start().stop() }
            fastest = min(fastest, taken)
        }
        #expect(fastest < .seconds(10))
        let running = try await TemporaryServer.start()
        #expect(FileManager.default.fileExists(atPath: running.socketDirectory + "/.s.PGSQL.\(running.port)"))
        if let answer = try psql(running, "SELECT 1 + 1") { #expect(answer == (0, "2")) }
        if let answer = try psql(running, url: running.socketURL(), "SHOW fsync") { #expect(answer == (0, "off")) }
        running.stop()
        running.stop()
        #expect(!FileManager.default.fileExists(atPath: running.socketDirectory))
    }

    @Test(arguments: TemporaryServer.Authentication.allCases)
    func asksForThePassword(_ method: TemporaryServer.Authentication) async throws {
        let options = TemporaryServer.Options(user: "über user", password: "s3cret/@:%", authentication: method)
        let server = try await TemporaryServer.start(options)
        defer { server.stop() }
        guard let answer = try psql(server, "SELECT current_user") else { return }
        #expect(answer == (0, "über user"))
        let wrong = server.connectionURL.replacingOccurrences(of: "s3cret", with: "wrong")
        let refused = try #require(try psql(server, url: wrong, "SELECT 1"))
        #expect((refused.0 == 0) == (method == .trust))
        let stored = try #require(try psql(server, "SELECT left(rolpassword, 3) FROM pg_authid WHERE oid = 10"))
        #expect(stored.1 == (method == .md5 ? "md5" : "SCR"))
    }

    @Test(.enabled(if: Self.hasTLS, "this PostgreSQL, or its psql, was built without TLS"))
    func offersTLSWithACertificateThatClientsCanVerify() async throws {
        let server = try await TemporaryServer.start(.init(tls: .init(isRequired: true)))
        defer { server.stop() }
        let root = try #require(server.rootCertificateFile)
        let url = "postgres://postgres@localhost:\(server.port)/postgres"
        let question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        guard let verified = try psql(server, url: url + "?sslmode=verify-full&sslrootcert=\(root)", question) else {
            return
        }
        #expect(verified == (0, "t"))
        #expect(try psql(server, url: url + "?sslmode=disable", question)?.0 == 2)
    }

    @Test(.enabled(if: Self.hasTLS, "this PostgreSQL, or its psql, was built without TLS"))
    func refusesAnExpiredOrWronglyNamedCertificate() async throws {
        for tls in [TemporaryServer.TLS(names: ["db.example.com"]), TemporaryServer.TLS(isExpired: true)] {
            let server = try await TemporaryServer.start(.init(tls: tls))
            defer { server.stop() }
            let root = try #require(server.rootCertificateFile)
            let url = "postgres://postgres@localhost:\(server.port)/postgres?sslmode=verify-full&sslrootcert=\(root)"
            if let answer = try psql(server, url: url, "SELECT 1") { #expect(answer.0 == 2, "\(answer.1)") }
        }
    }

    @Test func saysWhetherItHasTLS() async throws {
        let binaries = try ServerBinaries.find()
        do {
            try await TemporaryServer.start(.init(tls: .init())).stop()
            #expect(binaries.offersTLS)
        } catch {
            #expect(!binaries.offersTLS)
            #expect(error.advice?.contains("built without it") == true, "\(error)")
        }
    }

    @Test func takesSettingsAndAccessRules() async throws {
        let server = try await TemporaryServer.start(
            .init(
                settings: ["application_name": "it's", "max_connections": "7"], accessRules: ["host all bob all reject"]
            ))
        defer { server.stop() }
        guard let answer = try psql(server, "SHOW max_connections") else { return }
        #expect(answer == (0, "7"))
        let bob = "postgres://bob@127.0.0.1:\(server.port)/postgres"
        #expect(try psql(server, url: bob, "SELECT 1")?.1.contains("rejects connection") == true)
    }

    @Test func comesBackOnTheSamePortAfterAnInterruption() async throws {
        let server = try await TemporaryServer.start()
        defer { server.stop() }
        _ = try psql(server, "CREATE TABLE kept (a int)")
        try server.interrupt()
        if let answer = try psql(server, "SELECT 1") { #expect(answer.0 == 2) }
        try server.resume()
        if let answer = try psql(server, "SELECT count(*) FROM kept") { #expect(answer == (0, "0")) }
    }

    @Test func saysWhatTheServerSaidWhenItDoesNotStart() async throws {
        do {
            _ = try await TemporaryServer.start(.init(settings: ["shared_buffers": "plenty"]))
            Issue.record("a server started with a senseless setting")
        } catch {
            #expect(error.code == .connectionFailed)
            #expect(error.message.contains("invalid value for parameter \"shared_buffers\""))
        }
    }

    @Test func leavesNothingBehindWhenItDoesNotStart() async throws {
        let parent = FileManager.default.temporaryDirectory.appendingPathComponent("kit-\(UUID())").path
        let everybody: [FileAttributeKey: Any] = [.posixPermissions: 0o777]
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: false)
        try FileManager.default.setAttributes(everybody, ofItemAtPath: parent)
        defer { try? FileManager.default.removeItem(atPath: parent) }
        // The first fails in initdb, the second when the server starts.
        #expect(throws: PostgresError.self) { try TemporaryServer(.init(user: "pg_reserved"), in: parent) }
        #expect(throws: PostgresError.self) { try TemporaryServer(.init(settings: ["no_such": "1"]), in: parent) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == [])
    }

    @Test func stopsWhenTheLastReferenceGoes() async throws {
        let directory = try await TemporaryServer.start().socketDirectory
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test func endsWhenItsOwnerIsKilled() async throws {
        // The owner is a process that holds the script's input open, as a Swift process would.
        let pipeline = #"sh -c 'echo owner $$ >&2; read -r _; echo go; exec sleep 1000' | sh -c "$0" server "$@""#
        let arguments = try [
            HostFacts.temporaryDirectory, ServerBinaries.find().directory, HostFacts.serverAccount ?? "", "postgres",
            "trust", String(HostFacts.freePorts(1)[0]),
        ]
        let process = try ChildProcess("/bin/sh", ["-c", pipeline, supervisorScript] + arguments, mergesErrors: true)
        var output = ""
        func read(until word: String) throws {
            while !output.contains(word) {
                let isReadable = process.channel.waitUntilReadable(by: .now + .seconds(30))
                let piece = isReadable ? process.channel.receive(upTo: 1024) : []
                try #require(!piece.isEmpty, "\(output)")
                output += String(decoding: piece, as: UTF8.self)
            }
        }
        func value(_ label: String) -> String? {
            output.split(separator: "\n").first { $0.hasPrefix(label + " ") }.map {
                String($0.dropFirst(label.count + 1))
            }
        }
        try read(until: "owner ")
        try read(until: "directory ")
        let directory = try #require(value("directory"))
        try PrivateFile.write(ServerFiles.settings(ServerFiles.common), to: directory + "/settings.conf")
        try PrivateFile.write(ServerFiles.access(.init()), to: directory + "/access.conf")
        let sent = process.channel.send(Array("\n".utf8))
        #expect(sent)
        try read(until: "ready ")
        let server = try #require(value("ready")?.split(separator: " ").last.flatMap { pid_t($0) })
        #expect(kill(server, 0) == 0)

        kill(try #require(value("owner").flatMap { pid_t($0) }), SIGKILL)
        // The pipeline ends with the script, which ends after it has cleaned up.
        while !process.channel.receive(upTo: 1024).isEmpty {}
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(kill(server, 0) == -1)
    }

    @Test func namesTheCommandThatInstallsAServer() async throws {
        #expect(throws: PostgresError.self) { try ServerBinaries(directory: "/nowhere") }
        do {
            _ = try ServerBinaries.find(["EGRET_POSTGRES_BIN": "/nowhere"])
            Issue.record("a server was found where none is")
        } catch {
            #expect(error.description.contains("EGRET_POSTGRES_BIN names /nowhere"))
        }
    }
}
