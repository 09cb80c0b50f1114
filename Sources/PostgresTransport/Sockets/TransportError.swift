#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A socket, address or TLS failure.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// A system call failed with this `errno`.
        case system(Int32)
        /// The host's name has no address.
        case nameResolution
        /// The address cannot be one (a socket path too long, say).
        case invalidAddress
        /// TLS refused: certificate, protocol or peer.
        case tls
        /// The event loop has been stopped.
        case loopStopped
    }

    package var kind: Kind
    package var description: String
    /// What kind of TLS failure, where it was one.
    package var tls: TLSError.Code?

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    package init(errno code: Int32) {
        self.init(.system(code), String(cString: strerror(code)))
    }

    init(_ error: TLSError) {
        self.init(.tls, error.message)
        tls = error.code
    }

    /// The queue of a unix socket's listener is full: it takes no notice of who tries, who has to come again.
    package var isCrowded: Bool { kind == .system(EAGAIN) }

    /// Nobody listens at the address.
    package var isRefused: Bool { kind == .system(ECONNREFUSED) || kind == .system(ENOENT) }
}
