import PostgresTestKit
import Testing

@testable import egret

@Suite struct ServerCommandTests {
    private func command(_ line: String) throws -> ServerCommand {
        try ServerCommand(
            ParsedArguments(
                line.split(separator: " ").map(String.init), operands: ServerCommand.operands,
                options: ServerCommand.options))
    }

    @Test("run takes settings and TLS")
    func takesSettings() throws {
        let options = try command("run --tls --set max_connections=500 --set a.b=c=d -- psql").kind
        #expect(options.settings == ["max_connections": "500", "a.b": "c=d"])
        #expect(options.tls != nil && options.authentication == .scramSHA256)
        let plain = try command("run -- psql").kind
        #expect(plain.settings.isEmpty && plain.tls == nil && plain.authentication == .trust)
    }

    @Test(
        "What makes no sense is said",
        arguments: [
            ("run --set max_connections -- psql", "--set takes NAME=VALUE, not max_connections"),
            ("run --set =1 -- psql", "--set takes NAME=VALUE, not =1"),
            ("start --tls", "--set and --tls are for run"),
            ("status --set a=b", "--set and --tls are for run"),
        ])
    func saysWhatIsWrong(line: String, message: String) throws {
        let error = #expect(throws: UsageError.self) { try command(line) }
        #expect(error?.message == message)
    }
}
