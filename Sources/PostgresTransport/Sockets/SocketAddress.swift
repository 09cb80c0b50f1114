#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where a socket connects to: an address as the system knows it.
package struct SocketAddress: Sendable, Equatable {
    /// The bytes of the `sockaddr`, whatever its family.
    private let bytes: [UInt8]
    package let family: Int32

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        bytes = [UInt8](UnsafeRawBufferPointer(start: address, count: Int(length)))
        family = Int32(address.pointee.sa_family)
    }

    /// The server's socket in a directory, as PostgreSQL names it: `<directory>/.s.PGSQL.<port>`.
    package init(unixPath path: String) throws(TransportError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let utf8 = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard utf8.count < room, !utf8.contains(0) else {
            throw TransportError(
                .invalidAddress, "the socket path is \(utf8.count) bytes long; the system allows \(room - 1)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: utf8) }
        bytes = withUnsafeBytes(of: address) { [UInt8]($0) }
        family = AF_UNIX
    }

    package var isUnix: Bool { family == AF_UNIX }

    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { target in
            let count = min(target.count, bytes.count)
            target.copyBytes(from: bytes.prefix(count))
            return target.withMemoryRebound(to: sockaddr.self) { rebound in
                // A sockaddr_storage is never empty, so the base address is there.
                rebound.baseAddress.map { body($0, socklen_t(count)) }
            }.unsafelyUnwrapped
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// The numeric address and port, or the path of a unix socket.
    package var description: String {
        if isUnix {
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            return String(decoding: bytes.dropFirst(offset).prefix { $0 != 0 }, as: UTF8.self)
        }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let result = withSockaddr { address, length in
            getnameinfo(
                address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard result == 0 else { return "unknown address" }
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let service = String(decoding: port.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return family == AF_INET6 ? "[\(name)]:\(service)" : "\(name):\(service)"
    }
}
