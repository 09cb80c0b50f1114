/// What is done: its kind, its statement, where, and what the program calls it.
public struct PostgresOperation: Sendable {
    /// The kinds of operations.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// From the name to a session that is ready.
        case connect
        /// Waiting for a connection of the pool.
        case acquire
        /// One statement and its rows.
        case query
        /// Several statements at once.
        case batch
        /// Statements without parameters, `BEGIN` and `COMMIT` among them.
        case script
        /// COPY into the server.
        case copyIn = "copy_in"
        /// COPY out of the server.
        case copyOut = "copy_out"
        /// A transaction, each attempt for itself.
        case transaction
    }

    /// What kind.
    public var kind: Kind
    /// The statement, as the program wrote it, with `$1` for parameters; the first one of a batch.
    public var statement: String?
    /// What the program calls it: ``PostgresTags``.
    public var name: String?
    /// How many statements a batch has.
    public var batchSize: Int?
    /// The parameters, in the form of SQL; nil unless the tracer asked (``PostgresTracer/showsParameters``).
    public var parameters: [String]?
    /// The host as the configuration names it.
    public var host: String
    /// The port as the configuration has it.
    public var port: Int
    /// The database.
    public var database: String
    /// The role.
    public var user: String

    /// The statement with every literal replaced by `?`, comments gone.
    public var redactedStatement: String? { statement.map { StatementRedaction.redact($0) } }

    /// The first word of the statement in capitals: `SELECT`, `COPY`; the kind where there is none.
    public var verb: String {
        let word = statement.map { StatementRedaction.redact($0).prefix { $0.isLetter } } ?? ""
        return word.isEmpty ? kind.rawValue : word.uppercased()
    }

    /// One name for a span: what the program calls it, else the verb and the database.
    public var spanName: String { name ?? "\(verb) \(database)" }

    /// A value of an attribute.
    public enum Attribute: Sendable, Hashable, CustomStringConvertible {
        case string(String)
        case int(Int)

        public var description: String {
            switch self {
            case .string(let text): text
            case .int(let number): String(number)
            }
        }
    }

    /// What is known at the beginning, by the names of OpenTelemetry's conventions for databases (Semantic conventions
    /// for PostgreSQL client calls). The statement is redacted; parameters only where they were asked for.
    public var attributes: [String: Attribute] {
        var attributes: [String: Attribute] = [
            "db.system.name": .string("postgresql"), "db.namespace": .string(database), "server.address": .string(host),
            "server.port": .int(port), "db.operation.name": .string(verb),
        ]
        if let text = redactedStatement { attributes["db.query.text"] = .string(text) }
        if let name { attributes["db.query.summary"] = .string(name) }
        if let batchSize { attributes["db.operation.batch.size"] = .int(batchSize) }
        for (index, text) in (parameters ?? []).enumerated() {
            attributes["db.query.parameter.\(index)"] = .string(text)
        }
        return attributes
    }
}

extension PostgresOutcome {
    /// What is known at the end, by the names of OpenTelemetry's conventions for databases.
    public var attributes: [String: PostgresOperation.Attribute] {
        var attributes: [String: PostgresOperation.Attribute] = [:]
        if let rows { attributes["db.response.returned_rows"] = .int(rows) }
        if let error {
            attributes["error.type"] = .string(error.sqlState?.rawValue ?? error.code.rawValue)
            if let state = error.sqlState { attributes["db.response.status_code"] = .string(state.rawValue) }
        }
        return attributes
    }
}
