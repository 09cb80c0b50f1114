#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A non-blocking stream socket and its one owner: closed when it goes out of scope.
package struct Socket: ~Copyable {
    package let descriptor: Int32
    /// It stood at once, as to a unix socket.
    package private(set) var isConnected = false

    /// Opens a socket and begins to connect it. The socket becomes writable once the connection stands or has failed;
    /// `finishConnecting()` tells which.
    package init(
        connectingTo address: SocketAddress, options: SocketOptions = SocketOptions()
    ) throws(TransportError) {
        descriptor = socket(address.family, Platform.streamSocket, 0)
        guard descriptor >= 0 else { throw TransportError(errno: errno) }
        try Syscalls.makeNonBlocking(descriptor)
        if !address.isUnix {
            // Queries are small and wanted at once: no waiting for more to send (Nagle).
            try Syscalls.setOption(descriptor, Platform.tcp, TCP_NODELAY, 1)
            try options.set(on: descriptor)
        }
        #if canImport(Darwin)
        try Syscalls.setOption(descriptor, SOL_SOCKET, SO_NOSIGPIPE, 1)
        #endif
        let descriptor = descriptor
        let result = address.withSockaddr { address, length in connect(descriptor, address, length) }
        if result != 0 {
            let code = errno
            guard code == EINPROGRESS || code == EINTR else { throw TransportError(errno: code) }
        }
        isConnected = result == 0
    }

    deinit { close(descriptor) }

    /// Throws what the connecting ended with, if it was an error.
    package func finishConnecting() throws(TransportError) {
        let code = Syscalls.pendingError(descriptor)
        if code != 0 { throw TransportError(errno: code) }
    }

    package func receive(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> IOResult {
        try Syscalls.receive(descriptor, into: buffer)
    }

    package func send(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> IOResult {
        try Syscalls.send(descriptor, bytes)
    }
}
