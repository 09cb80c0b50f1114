/// Opens a file or directory as what it is: a SQLite database, or a MongoDB export.
///
/// Judged by the content, not by the name.
///
/// - Throws: `ImportError` when there is no such file, when it is empty, or neither of the two.
public func openImportSource(path: String) throws(ImportError) -> any ImportSource {
    switch FileReader.kind(of: path) {
    case .missing:
        throw ImportError(.sourceUnreadable, "there is no file \(path)")
    case .directory:
        return try MongoSource(path: path)
    case .file(bytes: 0):
        throw ImportError(.sourceUnreadable, "\(path) is empty")
    case .file:
        if try SQLiteFile.isSQLite(path: path) { return try SQLiteSource(path: path) }
        let databaseEndings = [".sqlite", ".sqlite3", ".db", ".db3"]
        guard !databaseEndings.contains(where: { path.lowercased().hasSuffix($0) }) else {
            return try SQLiteSource(path: path)
        }
        // White space and a byte order mark may come before the first document.
        let ignored: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF, 0xFF, 0xFE]
        let first = try FileReader.prefix(of: path, count: 4096).first { !ignored.contains($0) }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            throw ImportError(
                .sourceInvalid, "\(path) is neither a SQLite database nor a file of JSON documents",
                advice: "Give a SQLite file, or what mongoexport has written")
        }
        return try MongoSource(path: path)
    }
}
