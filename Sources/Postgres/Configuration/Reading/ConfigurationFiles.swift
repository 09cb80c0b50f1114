import PostgresWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What is asked of the machine while a configuration is read: files of bounded size, their permissions, the account.
struct ConfigurationFiles: Sendable {
    /// Where `.pgpass`, `.pg_service.conf` and `.postgresql` are looked for; nil: nowhere.
    var home: String?
    /// The user where none is given; the name of the process's account when nil.
    var account: String?
    /// Where a server's socket is looked for when no host is given.
    var socketDirectories = ["/run/postgresql", "/var/run/postgresql", "/tmp"]
    /// Where the service file of the whole machine is.
    var systemDirectory = "/etc/postgresql-common"

    /// The machine's own, as the process sees it; `home` instead of the account's directory.
    static func machine(home: String? = nil) -> ConfigurationFiles {
        ConfigurationFiles(home: home ?? accountEntry()?.home)
    }

    /// The user where none is given: as libpq, the account that the process runs as.
    func accountName() -> String? { account ?? Self.accountEntry()?.name }

    private static func accountEntry() -> (name: String, home: String)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { buffer in
            guard let base = buffer.baseAddress, getpwuid_r(geteuid(), &entry, base, buffer.count, &found) == 0,
                found != nil, let name = entry.pw_name, let home = entry.pw_dir
            else { return nil }
            return (String(cString: name), String(cString: home))
        }
    }

    /// What is known of a file without opening it.
    struct Status {
        var isFile: Bool
        /// Somebody other than its owner may read or write it.
        var isOpenToOthers: Bool
        /// Somebody other than its owner may do more than read it as a member of its group.
        var isOpenBeyondGroup: Bool
        var isOwnedByRoot: Bool
        var isOwnedByUs: Bool
    }

    /// Nil when there is none, or it cannot be looked at.
    static func status(_ path: String) -> Status? {
        var entry = stat()
        guard !path.containsNUL, stat(path, &entry) == 0 else { return nil }
        return Status(
            isFile: entry.st_mode & S_IFMT == S_IFREG, isOpenToOthers: entry.st_mode & 0o077 != 0,
            isOpenBeyondGroup: entry.st_mode & 0o037 != 0, isOwnedByRoot: entry.st_uid == 0,
            isOwnedByUs: entry.st_uid == geteuid())
    }

    /// The bytes of a regular file of at most 4 MB; nil otherwise.
    static func bytes(_ path: String) -> [UInt8]? {
        let limit = 4 << 20
        guard let status = status(path), status.isFile, let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        return withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
            while true {
                let count = fread(buffer.baseAddress, 1, buffer.count, file)
                bytes.append(contentsOf: buffer[..<count])
                guard bytes.count <= limit else { return nil }
                if count < buffer.count { return ferror(file) == 0 ? bytes : nil }
            }
        }
    }

    /// The lines of a file, without their ends, whatever the machine that wrote it.
    static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
        }
    }

    /// The place where a server on this machine listens: the first directory with its socket, else the name
    /// `localhost`.
    func defaultHost(port: Int) -> String {
        socketDirectories.first { Self.status("\($0)/.s.PGSQL.\(port)") != nil } ?? "localhost"
    }

    /// A file below the home directory, if it is there.
    func inHome(_ name: String) -> String? {
        guard let home else { return nil }
        let path = "\(home)/\(name)"
        return Self.status(path) == nil ? nil : path
    }

    /// Throws when somebody else can read the private key: libpq's rule (0600, or 0640 when root owns it).
    static func checkKey(_ path: String) throws(PostgresError) {
        guard let status = status(path) else { return }
        guard status.isFile, status.isOwnedByRoot || status.isOwnedByUs,
            !(status.isOwnedByRoot ? status.isOpenBeyondGroup : status.isOpenToOthers)
        else {
            throw PostgresError(
                .invalidConfiguration, "the private key \(path) can be read by others, or is not ours",
                advice: "chmod 600 it; a key that root owns may have 640")
        }
    }
}
