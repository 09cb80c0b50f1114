import COpenSSL
import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Contexts that were made before, as long as the files they were made from are the same.
///
/// Reading the system's root certificates takes longer than the handshake. A certificate that is renewed counts from the
/// next connection on: each use looks whether a file has changed.
package final class TLSContextCache: Sendable {
    package static let shared = TLSContextCache()

    /// What tells one state of a file from another.
    private struct Stamp: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        /// Nil: the file is not there.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
            seconds = status.st_mtimespec.tv_sec
            nanoseconds = status.st_mtimespec.tv_nsec
            #else
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
            #endif
        }
    }

    private struct Entry {
        var context: TLSContext
        var stamps: [Stamp?]
    }

    /// A program has one or two configurations; a program that makes up thousands must not keep them all.
    private static let capacity = 16
    private let entries = Mutex<[TLSConfiguration: Entry]>([:])

    package init() {}

    /// The context for a configuration, made anew where one of its files has changed.
    package func context(_ configuration: TLSConfiguration) throws(TLSError) -> TLSContext {
        // Looked at before the files are read: a change meanwhile is then seen the next time.
        let stamps = configuration.files.map { Stamp($0) }
        if let entry = entries.withLock({ $0[configuration] }), entry.stamps == stamps { return entry.context }
        let context = try TLSContext(configuration)
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[configuration] = Entry(context: context, stamps: stamps)
        }
        return context
    }
}

extension TLSConfiguration {
    /// Every file that a context is made from; the system's own roots by the places where OpenSSL looks for them.
    var files: [String] {
        var files = [clientCertificateFile, clientKeyFile, revocationListFile].compactMap { $0 }
        guard verification != .none else { return files }
        switch roots {
        case .file(let path): files.append(path)
        case .system: files += Self.systemRoots
        }
        return files
    }

    private static let systemRoots: [String] = {
        func path(_ variable: String, _ usual: UnsafePointer<CChar>?) -> String? {
            if let value = getenv(variable) { return String(cString: value) }
            return usual.map { String(cString: $0) }
        }
        return [
            path("SSL_CERT_FILE", X509_get_default_cert_file()), path("SSL_CERT_DIR", X509_get_default_cert_dir()),
        ].compactMap { $0 }
    }()
}
