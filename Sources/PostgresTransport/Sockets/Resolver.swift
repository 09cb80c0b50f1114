#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Host names to addresses, by the system's own resolver.
///
/// `getaddrinfo` blocks for as long as the name servers please, so each look-up has a thread of its own and the caller
/// may stop waiting for it.
package enum Resolver {
    /// Calls `completion` once, on another thread, with the addresses in the system's order of preference.
    package static func resolve(
        host: String, port: Int, completion: @escaping @Sendable (Result<[SocketAddress], TransportError>) -> Void
    ) {
        do {
            try Thread.start {
                do throws(TransportError) {
                    completion(.success(try addresses(host: host, port: port)))
                } catch {
                    completion(.failure(error))
                }
            }
        } catch {
            completion(.failure(error))
        }
    }

    /// The address that `host` is written as, without asking anybody; nil when it is a name.
    package static func numericAddress(_ host: String, port: Int) -> SocketAddress? {
        try? addresses(host: host, port: port, flags: AI_NUMERICHOST).first
    }

    /// The look-up itself; blocks.
    static func addresses(host: String, port: Int, flags: Int32 = 0) throws(TransportError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Platform.streamSocket
        hints.ai_flags = AI_NUMERICSERV | flags
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw TransportError(
                .nameResolution, "the host name \(host) has no address: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr { addresses.append(SocketAddress(address, length: entry.ai_addrlen)) }
            next = entry.ai_next
        }
        return addresses
    }
}
