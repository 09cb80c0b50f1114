@testable import Postgres
@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// The machines that answers go through, and the start of a session. The first byte is which; then come messages: a
    /// kind, a length of one byte, the content.
    static let exchanges = FuzzTarget(name: "exchanges") { input in
        var input = input
        let choice = input.byte()
        if choice & 1 == 0 {
            runStartup(choice, &input)
        } else {
            var exchange = machines[Int(choice >> 1) % machines.count]
            while !input.isEmpty {
                let kind = input.byte()
                let content = input.piece()
                guard
                    feed({ () throws(PostgresError) in
                        if case .finished = try exchange.receive(kind, content) { return false }
                        return true
                    })
                else { return }
                _ = (exchange.rowKind, exchange.stage)
            }
        }
    }
}

private let machines: [Exchange] = [
    .prepare(PrepareExchange()), .execute(ExecuteExchange(statements: 2)),
    .execute(ExecuteExchange(statements: 2, parsesEach: true)), .execute(ExecuteExchange(opening: true)),
    .execute(ExecuteExchange(state: .rows)), .execute(ExecuteExchange(state: .close)), .script(ScriptExchange()),
    .copyIn(CopyInExchange()), .copyOut(CopyOutExchange()), .replication(ReplicationExchange()),
]

/// False when the machine has come to its end or refuses to go on.
private func feed(_ body: () throws(PostgresError) -> Bool) -> Bool {
    do { return try body() } catch {
        let codes: [PostgresError.Code] = [
            .protocolViolation, .authenticationFailed, .connectionFailed, .invalidConfiguration, .server,
        ]
        check(codes.contains(error.code), "a server is refused as \(error.code): \(error)")
        check(!"\(error)".contains("pencil"), "no password in an error")
        return false
    }
}

private func runStartup(_ choice: UInt8, _ input: inout FuzzInput) {
    var configuration = PostgresConfiguration(host: "h", user: "u", password: "pencil")
    configuration.maximumProtocol = .v3_2
    let rules = AuthenticationRules(
        channelBinding: choice & 2 == 0 ? .prefer : .require, required: nil, maximumIterations: 8, isEncrypted: true,
        certificateDigest: choice & 4 == 0 ? nil : [1, 2], maySendToken: true, hasToken: choice & 8 == 0)
    var exchange = StartupExchange(
        configuration: configuration,
        options: StartupOptions(version: .v3_2, target: choice & 16 == 0 ? .any : .readWrite), rules: rules)
    var sent = PostgresBuffer()
    while !input.isEmpty {
        let kind = input.byte()
        let content = input.piece()
        let goesOn = feed { () throws(PostgresError) in
            switch try exchange.receive(kind, content, to: &sent) {
            case .wants(.password): try exchange.give(password: "pencil", to: &sent)
            case .wants(.token): try exchange.give(token: "token", to: &sent)
            case .wants(.proof(let work)): try exchange.give(proof: work.proof(), to: &sent)
            case .ready: return false
            case .nothing, .failed, .unsuitable: break
            }
            return true
        }
        guard goesOn else { return }
    }
}
