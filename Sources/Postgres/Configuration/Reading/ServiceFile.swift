/// A service file: named groups of settings (PostgreSQL documentation, "The Connection Service File").
struct ServiceFile {
    private let path: String
    private let lines: [ArraySlice<UInt8>]

    /// Nil when there is no such file.
    init?(path: String) {
        guard let bytes = ConfigurationFiles.bytes(path) else { return nil }
        self.init(path: path, bytes: bytes)
    }

    init(path: String, bytes: [UInt8]) {
        self.path = path
        lines = ConfigurationFiles.lines(bytes)
    }

    /// The settings of the first group of that name; nil when there is none.
    func settings(service: String) -> ConnectionSettings? {
        var found: ConnectionSettings?
        let header = Array("[\(service)]".utf8)
        for (index, line) in lines.enumerated() {
            let line = ConnectionString.trimmed(line)
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            if line.first == UInt8(ascii: "[") {
                if found != nil { break }
                if line.starts(with: header) { found = ConnectionSettings() }
                continue
            }
            guard found != nil else { continue }
            let origin = PostgresSettingOrigin.serviceFile(path: path, line: index + 1)
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
                found?.addProblem("\(origin.place): neither a [name] nor a name=value")
                continue
            }
            let name = String(decoding: line[..<equals], as: UTF8.self)
            let value = String(decoding: line[line.index(after: equals)...], as: UTF8.self)
            if name == ConnectionKeyword.service.rawValue || name == ConnectionKeyword.servicefile.rawValue {
                found?.addProblem("\(origin.place): a service cannot name another one")
            } else {
                found?.set(name, value, "what stands before the =", from: origin)
            }
        }
        return found
    }
}
