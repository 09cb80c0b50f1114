/// A password file: lines of `host:port:database:user:password`, of which the first that fits counts (PostgreSQL
/// documentation, "The Password File").
struct PasswordFile {
    let path: String
    private let lines: [ArraySlice<UInt8>]

    /// Nil with a warning when others can read it, or it is no file; nil without one when there is none, unless it
    /// `isNamed`: asked for by its name.
    init?(path: String, isNamed: Bool, warnings: inout [String]) {
        guard let status = ConfigurationFiles.status(path) else {
            if isNamed { warnings.append("the password file \(path) is not there or cannot be looked at") }
            return nil
        }
        guard status.isFile else {
            warnings.append("the password file \(path) is ignored: it is not a plain file")
            return nil
        }
        guard !status.isOpenToOthers else {
            warnings.append("the password file \(path) is ignored: others can read it; chmod 600 it")
            return nil
        }
        guard let bytes = ConfigurationFiles.bytes(path) else {
            warnings.append("the password file \(path) is ignored: it cannot be read, or is larger than 4 MB")
            return nil
        }
        self.init(path: path, bytes: bytes)
    }

    init(path: String, bytes: [UInt8]) {
        self.path = path
        lines = ConfigurationFiles.lines(bytes)
    }

    /// The password for one host, and the number of its line. A socket in one of the places where servers put theirs is
    /// `localhost`, as it is to libpq.
    func password(
        host: String, port: Int, database: String, user: String, socketDirectories: [String]
    ) -> (text: String, line: Int)? {
        let host = host.isEmpty || socketDirectories.contains(host) ? "localhost" : host
        let wanted = [host, String(port), database, user].map { Array($0.utf8) }
        for (index, line) in lines.enumerated() where line.first != UInt8(ascii: "#") {
            var rest = line
            if wanted.allSatisfy({ Self.matches(&rest, $0) }) {
                let password = Self.unescaped(rest)
                return password.isEmpty ? nil : (String(decoding: password, as: UTF8.self), index + 1)
            }
        }
        return nil
    }

    /// Takes one field and its colon off the line: true when it is `*` or the text that is wanted.
    private static func matches(_ rest: inout ArraySlice<UInt8>, _ wanted: [UInt8]) -> Bool {
        var end = rest.startIndex
        while end < rest.endIndex, rest[end] != UInt8(ascii: ":") {
            end += rest[end] == UInt8(ascii: "\\") && end + 1 < rest.endIndex ? 2 : 1
        }
        guard end < rest.endIndex else { return false }
        let field = rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        return field.elementsEqual([UInt8(ascii: "*")]) || unescaped(field) == wanted
    }

    /// A backslash takes the next byte as it is.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
                bytes.append(next)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
