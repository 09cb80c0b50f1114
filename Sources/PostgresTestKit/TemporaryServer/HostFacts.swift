#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a server needs to know of the machine it starts on.
package enum HostFacts {
    /// The account a server runs as when root starts it, for it refuses to run as root; nil for this account.
    package static var serverAccount: String? {
        guard geteuid() == 0 else { return nil }
        return ["postgres", "_postgres"].first { getpwnam($0) != nil } ?? "nobody"
    }

    /// Where temporary directories go: TMPDIR, unless a socket's path in it would be longer than the 103 bytes that
    /// every system takes.
    static var temporaryDirectory: String {
        let configured = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
        let longest = 103 - "/egret-XXXXXXXX/.s.PGSQL.65535".utf8.count
        guard configured.hasPrefix("/"), configured.utf8.count <= longest else { return "/tmp" }
        return configured.hasSuffix("/") ? String(configured.dropLast()) : configured
    }

    /// TCP ports of the loopback address that were free a moment ago. Another process may take one before the server
    /// does, so there are several.
    package static func freePorts(_ count: Int) -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return (0..<count).compactMap { _ in
            #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
            #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            #endif
            guard descriptor >= 0 else { return nil }
            sockets.append(descriptor)
            return bindToLoopback(descriptor, port: 0)
        }
    }

    /// Binds a socket to a port of the loopback address (0: any free one); the port, or nil when it is taken.
    static func bindToLoopback(_ descriptor: Int32, port: UInt16) -> Int? {
        var address = loopback(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        return bound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    /// `connect(2)` to a port of the loopback address.
    static func connectToLoopback(_ descriptor: Int32, port: Int) -> Int32 {
        var address = loopback(UInt16(truncatingIfNeeded: port))
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
