import PostgresWire

/// What a session has heard from its server that concerns the pool.
enum ServerSign: Sendable {
    /// The connection is not for the next one: the server, or a pooler in between, says that it is going or broken.
    case unfit
    /// The server takes no writes although they are wanted: it was demoted, or was never what its name stands for.
    case readOnly

    /// What an error says beyond the statement that it is about. `isReadOnly` is what the server reports of itself, if it
    /// does.
    init?(_ error: PostgresServerError, isReadOnly: Bool?, _ configuration: PostgresConfiguration) {
        switch error.sqlState {
        case .readOnlySQLTransaction:
            // A transaction that asked to be read-only says nothing of the server.
            guard configuration.expectsWrites, isReadOnly != false else { return nil }
            self = isReadOnly == true ? .readOnly : .unfit
        case .adminShutdown, .crashShutdown, .cannotConnectNow: self = .unfit
        case let state where state.errorClass == "08": self = .unfit
        default: return nil
        }
    }
}

extension PostgresConfiguration {
    /// A server that takes no writes is not what is wanted.
    fileprivate var expectsWrites: Bool {
        switch targetSession {
        case .any, .readWrite, .primary: parameters["default_transaction_read_only"] == nil
        case .readOnly, .standby, .preferStandby: false
        }
    }

    /// A report of the server that ends what was looked for when we connected.
    func rulesOut(_ name: String, _ value: String) -> Bool {
        guard value == "on", expectsWrites else { return false }
        switch name {
        case "in_hot_standby": return targetSession != .any
        case "default_transaction_read_only": return targetSession == .readWrite
        default: return false
        }
    }
}

extension SessionState {
    /// What the server reports of itself, from version 14 on.
    private var isReadOnly: Bool? {
        let reports = [parameters["in_hot_standby"], parameters["default_transaction_read_only"]]
        if reports.contains("on") { return true }
        return reports.contains(nil) ? nil : false
    }

    /// Tells the pool what an error means for it.
    mutating func look(
        at error: PostgresServerError, _ configuration: PostgresConfiguration, _ effects: inout Effects
    ) {
        guard let onSign, let sign = ServerSign(error, isReadOnly: isReadOnly, configuration) else { return }
        effects.rare.sign = (onSign, sign)
    }
}
