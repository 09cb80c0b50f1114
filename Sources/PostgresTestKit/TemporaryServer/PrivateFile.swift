import PostgresWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Files that nobody else may read, not even for the moment between making and protecting them.
enum PrivateFile {
    /// Writes a new file or replaces the content of an old one.
    /// - Throws: `PostgresError(.invalidConfiguration)` naming the file and the reason.
    static func write(_ text: String, to path: String) throws(PostgresError) {
        try write(text, to: path, O_CREAT | O_TRUNC)
    }

    /// Adds to the end of a file that is there.
    /// - Throws: `PostgresError(.invalidConfiguration)` naming the file and the reason.
    static func append(_ text: String, to path: String) throws(PostgresError) {
        try write(text, to: path, O_APPEND)
    }

    private static func write(_ text: String, to path: String, _ mode: Int32) throws(PostgresError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | mode, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                throw failure(path)
            }
        }
    }

    private static func failure(_ path: String) -> PostgresError {
        PostgresError(.invalidConfiguration, "\(path) could not be written: \(String(cString: strerror(errno)))")
    }
}

/// `write(2)`, under a name that the method of the same name does not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
