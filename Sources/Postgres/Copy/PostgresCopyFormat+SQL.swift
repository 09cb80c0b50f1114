import PostgresTypes
import PostgresWire

/// Which way a COPY goes.
enum CopyDirection {
    case into
    case outOf
}

extension PostgresCopyFormat {
    /// The options in COPY's parentheses, for a server of that version.
    ///
    /// Only what was asked for is said, so that older servers understand it.
    func options(_ direction: CopyDirection, serverVersion: Int?) throws(PostgresError) -> String {
        try check(direction)
        try check(serverVersion)
        var options = ["FORMAT \(kind.rawValue)"]
        switch header {
        case .absent: options.append("HEADER false")
        case .present: options.append("HEADER true")
        case .match: options.append(direction == .into ? "HEADER match" : "HEADER true")
        case nil: break
        }
        func add(_ name: String, _ text: String?) { if let text { options.append("\(name) \(Self.literal(text))") } }
        add("DELIMITER", delimiter.map { String($0) })
        add("NULL", null)
        add("DEFAULT", `default`)
        add("QUOTE", quote.map { String($0) })
        add("ESCAPE", escape.map { String($0) })
        func add(_ name: String, _ columns: Columns?) {
            switch columns {
            case .all: options.append("\(name) *")
            case .columns(let names) where !names.isEmpty:
                options.append("\(name) (\(names.map { PostgresIdentifier($0).sql }.joined(separator: ", ")))")
            case .columns, nil: break
            }
        }
        add("FORCE_QUOTE", forceQuote)
        add("FORCE_NOT_NULL", forceNotNull)
        add("FORCE_NULL", forceNull)
        add("ENCODING", encoding)
        if let onError { options.append("ON_ERROR \(onError.rawValue)") }
        if let rejectLimit { options.append("REJECT_LIMIT \(rejectLimit)") }
        if let logVerbosity { options.append("LOG_VERBOSITY \(logVerbosity.rawValue)") }
        return options.joined(separator: ", ")
    }

    private func check(_ direction: CopyDirection) throws(PostgresError) {
        let onlyInto = [
            (`default` != nil, "default"), (forceNotNull != nil, "forceNotNull"), (forceNull != nil, "forceNull"),
            (onError != nil, "onError"), (rejectLimit != nil, "rejectLimit"), (logVerbosity != nil, "logVerbosity"),
        ]
        let wrong = direction == .into ? [(forceQuote != nil, "forceQuote")] : onlyInto
        if let name = wrong.first(where: \.0)?.1 {
            throw PostgresError(
                .invalidUse, "a COPY \(direction == .into ? "into a table" : "out of the server") has no \(name)")
        }
        let onlyCSV = [
            (quote != nil, "quote"), (escape != nil, "escape"), (forceQuote != nil, "forceQuote"),
            (forceNotNull != nil, "forceNotNull"), (forceNull != nil, "forceNull"),
        ]
        if kind == .text, let name = onlyCSV.first(where: \.0)?.1 {
            throw PostgresError(.invalidUse, "a COPY in text has no \(name)", advice: "Use .csv")
        }
        let signs = [(delimiter, "delimiter"), (quote, "quote"), (escape, "escape")]
        if let name = signs.first(where: { ($0.0?.utf8.count ?? 1) != 1 })?.1 {
            throw PostgresError(.invalidUse, "COPY's \(name) must be one byte, a character of ASCII")
        }
    }

    private func check(_ serverVersion: Int?) throws(PostgresError) {
        guard let serverVersion else { return }
        let needs: [(Bool, String, Int)] = [
            (kind == .text && header != nil && header != .absent, "header in text", 15),
            (header == .match, "match", 15),
            (`default` != nil, "default", 16), (forceNotNull == .all, "forceNotNull: .all", 17),
            (forceNull == .all, "forceNull: .all", 17), (onError != nil, "onError", 17),
            (logVerbosity != nil, "logVerbosity", 17), (rejectLimit != nil, "rejectLimit", 18),
            (logVerbosity == .silent, "logVerbosity: .silent", 18),
        ]
        if let (_, name, version) = needs.first(where: { $0.0 && serverVersion < $0.2 }) {
            throw PostgresError(
                .invalidUse, "COPY has \(name) from PostgreSQL \(version) on; this server is \(serverVersion)")
        }
    }

    /// A string as SQL writes it; COPY takes no parameters. With `E` a backslash means the same whatever
    /// `standard_conforming_strings` says.
    static func literal(_ text: String) -> String {
        let quoted = text.replacing("'", with: "''")
        return quoted.utf8.contains(UInt8(ascii: "\\"))
            ? "E'" + quoted.replacing("\\", with: "\\\\") + "'" : "'\(quoted)'"
    }
}

extension PostgresConnection {
    /// The server's major version, where it says one: `15.4 (Debian 15.4-1)` is 15.
    var serverMajorVersion: Int? {
        session.change { state, _ in state.parameters["server_version"] }.flatMap { version in
            Int(version.prefix { $0.isASCII && $0.isNumber })
        }
    }
}
