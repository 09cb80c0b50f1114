import CSQLite

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A SQLite database file that can be opened for reading, as often as needed.
///
/// Opening never changes the file. A database whose journal or write-ahead log must be replayed first, in a place where
/// SQLite may not write, is copied together with them to a temporary directory, which goes away with this object.
final class SQLiteFile: Sendable {
    /// The file that was asked for.
    let path: String
    /// Size in bytes, the write-ahead log included.
    let bytes: Int
    /// What `sqlite3_open_v2` gets.
    private let uri: String
    private let temporaryDirectory: String?

    /// The first sixteen bytes of every SQLite 3 database (SQLite documentation, "Database File Format").
    private static let magic = Array("SQLite format 3\u{0}".utf8)

    /// True when the file begins as SQLite databases do.
    static func isSQLite(path: String) throws(ImportError) -> Bool {
        try FileReader.prefix(of: path, count: magic.count) == magic
    }

    /// Throws when the file is missing, empty, of another kind, or cannot be opened.
    init(path: String) throws(ImportError) {
        self.path = path
        guard case .file(let size) = FileReader.kind(of: path) else {
            throw ImportError(.sourceUnreadable, "there is no file \(path)")
        }
        guard size > 0 else { throw ImportError(.sourceUnreadable, "\(path) is empty") }
        guard try Self.isSQLite(path: path) else {
            throw ImportError(
                .sourceInvalid, "\(path) is no SQLite database",
                advice: "It does not begin as one does, or is encrypted")
        }
        bytes = size + Self.size(path + "-wal")

        let plain = Self.uri(path, "mode=ro")
        if Self.opens(plain) {
            uri = plain
            temporaryDirectory = nil
        } else if Self.size(path + "-wal") == 0, Self.size(path + "-journal") == 0 {
            // Nothing to replay: the file alone is the database, and SQLite may be told that nobody writes to it.
            uri = Self.uri(path, "mode=ro&immutable=1")
            temporaryDirectory = nil
        } else {
            let directory = try Self.copy(path)
            uri = Self.uri(directory + "/copy.sqlite", "mode=rw")
            temporaryDirectory = directory
        }
        try Self.checkReadable(uri, path: path)
    }

    deinit {
        if let temporaryDirectory { try? FileManager.default.removeItem(atPath: temporaryDirectory) }
    }

    /// A new connection.
    func open() throws(ImportError) -> SQLiteConnection {
        try SQLiteConnection(uri: uri, path: path)
    }

    private static func size(_ path: String) -> Int {
        if case .file(let bytes) = FileReader.kind(of: path) { bytes } else { 0 }
    }

    private static func uri(_ path: String, _ query: String) -> String {
        var text = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
        }
        return text + "?" + query
    }

    private static func opens(_ uri: String) -> Bool {
        guard let connection = try? SQLiteConnection(uri: uri, path: "") else { return false }
        return (try? connection.integer("SELECT count(*) FROM sqlite_master")) != nil
    }

    private static func checkReadable(_ uri: String, path: String) throws(ImportError) {
        _ = try SQLiteConnection(uri: uri, path: path).integer("SELECT count(*) FROM sqlite_master")
    }

    private static func copy(_ path: String) throws(ImportError) -> String {
        let files = FileManager.default
        let directory = files.temporaryDirectory.path + "/egret-import-\(UInt64.random(in: 0...UInt64.max))"
        do {
            try files.createDirectory(
                atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            for suffix in ["", "-wal", "-journal"] where files.fileExists(atPath: path + suffix) {
                try files.copyItem(atPath: path + suffix, toPath: directory + "/copy.sqlite" + suffix)
            }
        } catch {
            try? files.removeItem(atPath: directory)
            throw ImportError(
                .sourceUnreadable,
                "\(path) has a journal to replay, and it could not be copied to \(directory) for that")
        }
        return directory
    }
}
