import PostgresLocks
import PostgresWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A socket that waits for clients.
final class Listener: Sendable {
    /// The TCP port, or the number in the socket's name.
    let port: Int
    /// Valid until `close()`.
    let descriptor: Int32
    private let path: String?
    private let channel: Mutex<Channel?>

    /// - Throws: `PostgresError(.invalidConfiguration)` when the place is taken or cannot be used.
    init(_ place: ScriptedServer.Place) throws(PostgresError) {
        let family = if case .loopback = place { AF_INET } else { AF_UNIX }
        #if canImport(Darwin)
        let descriptor = socket(family, SOCK_STREAM, 0)
        #else
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw Self.failure("no socket could be made") }
        let channel = Channel(owning: descriptor)
        switch place {
        case .loopback:
            guard let port = HostFacts.bindToLoopback(descriptor, port: 0) else {
                throw Self.failure("no port is free")
            }
            self.port = port
            path = nil
        case .unixSocket(let directory):
            port = 5432
            let name = "\(directory)/.s.PGSQL.\(port)"
            guard Self.bind(descriptor, to: name) else { throw Self.failure(name) }
            path = name
        }
        guard listen(descriptor, 128) == 0 else { throw Self.failure("listen") }
        self.descriptor = descriptor
        self.channel = Mutex(channel)
    }

    /// Takes no more clients; the socket's file goes too.
    func close() {
        channel.withLock { $0 = nil }
        if let path { unlink(path) }
    }

    private static func bind(_ descriptor: Int32, to path: String) -> Bool {
        withAddress(of: path) { systemBind(descriptor, $0, $1) == 0 } ?? false
    }

    /// Runs `body` with the address of a unix socket; nil when the path is too long for one.
    static func withAddress<R>(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
            guard bytes.count < target.count else { return false }
            target.copyBytes(from: bytes)
            return true
        }
        guard fits else { return nil }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ what: String) -> PostgresError {
        PostgresError(
            .invalidConfiguration, "a scripted server cannot listen: \(what): \(String(cString: strerror(errno)))")
    }
}

/// `bind(2)`, under a name that the method of the same name does not hide.
private func systemBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    bind(descriptor, address, length)
}
