/// Reads the two forms of a connection string into settings (PostgreSQL documentation, "Connection Strings").
///
/// Any text is taken: what cannot be read is a problem of the settings, and no piece of the text is in a problem, since
/// a piece of the text may be a password that was not encoded.
enum ConnectionString {
    /// White space around it, such as the line feed at the end of a file, is not part of it.
    static func settings(_ text: String, from origin: PostgresSettingOrigin) -> ConnectionSettings {
        var settings = ConnectionSettings()
        let bytes = trimmed(Array(text.utf8)[...])
        if let rest = withoutScheme(bytes) {
            var reader = ConnectionURL(origin: origin)
            reader.read(rest)
            return reader.settings
        }
        guard !bytes.isEmpty else {
            settings.addProblem("\(origin.place) is empty", advice: example)
            return settings
        }
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), !hasScheme(bytes[..<equals]) else {
            settings.addProblem(
                "\(origin.place) does not begin with postgres:// or postgresql://, and is not of the form name=value",
                advice: example)
            return settings
        }
        var reader = KeywordValueString(origin: origin)
        reader.read(bytes)
        return reader.settings
    }

    static let example = "Write postgres://user:password@host:5432/database"

    private static func withoutScheme(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        for scheme in ["postgres://", "postgresql://"] where bytes.starts(with: scheme.utf8) {
            return bytes.dropFirst(scheme.utf8.count)
        }
        return nil
    }

    private static func hasScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        let marks = Array("://".utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: marks) }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
}

/// Reads `name=value name='value with spaces'`: in and out of quotes a backslash takes the next sign as it is; two
/// quotes inside quotes are one (libpq refuses those).
struct KeywordValueString {
    private let origin: PostgresSettingOrigin
    private(set) var settings = ConnectionSettings()

    init(origin: PostgresSettingOrigin) {
        self.origin = origin
    }

    mutating func read(_ text: ArraySlice<UInt8>) {
        var rest = text
        var count = 0
        while true {
            rest = rest.drop(while: ConnectionString.isSpace)
            guard !rest.isEmpty else { return }
            count += 1
            let name = rest.prefix { $0 != UInt8(ascii: "=") && !ConnectionString.isSpace($0) }
            rest = rest.dropFirst(name.count).drop(while: ConnectionString.isSpace)
            guard rest.popFirst() == UInt8(ascii: "=") else {
                return settings.addProblem(
                    "\(origin.place): setting \(count) has no = after its name",
                    advice: "A value with spaces stands in single quotes: name='a value'")
            }
            rest = rest.drop(while: ConnectionString.isSpace)
            guard let value = readValue(&rest) else {
                return settings.addProblem("\(origin.place): the quote of setting \(count) is not closed")
            }
            settings.set(
                String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self),
                "the name of setting \(count)", from: origin)
        }
    }

    /// Nil when a quote is not closed.
    private func readValue(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        let quote = UInt8(ascii: "'")
        var value: [UInt8] = []
        let isQuoted = rest.first == quote
        if isQuoted { rest.removeFirst() }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                if let next = rest.popFirst() { value.append(next) }
            } else if isQuoted, byte == quote {
                guard rest.first == quote else { return value }
                rest.removeFirst()
                value.append(quote)
            } else if !isQuoted, ConnectionString.isSpace(byte) {
                return value
            } else {
                value.append(byte)
            }
        }
        return isQuoted ? nil : value
    }
}
