#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How TCP finds out that the other side is gone. What is nil is left to the system.
package struct SocketOptions: Sendable {
    /// Whether a silent connection is probed.
    package var keepsAlive = true
    /// Seconds of silence before the first probe.
    package var keepaliveIdle: Int32?
    /// Seconds between probes.
    package var keepaliveInterval: Int32?
    /// Probes that may go unanswered.
    package var keepaliveCount: Int32?
    /// Milliseconds that sent bytes may go unacknowledged. Linux alone has it.
    package var userTimeout: Int32?

    package init() {}

    func set(on descriptor: Int32) throws(TransportError) {
        if keepsAlive {
            try Syscalls.setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
            for (name, value) in [
                (Platform.keepaliveIdle, keepaliveIdle), (TCP_KEEPINTVL, keepaliveInterval),
                (TCP_KEEPCNT, keepaliveCount),
            ] {
                if let value { try Syscalls.setOption(descriptor, Platform.tcp, name, value) }
            }
        }
        #if !canImport(Darwin)
        if let userTimeout { try Syscalls.setOption(descriptor, Platform.tcp, TCP_USER_TIMEOUT, userTimeout) }
        #endif
    }
}

extension Socket {
    /// What an integer option of TCP stands at. For tests.
    static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, level, name, &value, &size) == 0 ? value : nil
    }
}
