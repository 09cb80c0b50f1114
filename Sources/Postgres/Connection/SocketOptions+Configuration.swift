import PostgresTransport

extension PostgresConfiguration {
    /// What the socket is told; durations are whole seconds there, at least one, and milliseconds for the last.
    var socketOptions: SocketOptions {
        func seconds(_ duration: Duration?) -> Int32? {
            duration.flatMap { $0 > .zero ? Int32(clamping: max(1, $0.components.seconds)) : nil }
        }
        var options = SocketOptions()
        options.keepsAlive = keepalives.isEnabled
        options.keepaliveIdle = seconds(keepalives.idle)
        options.keepaliveInterval = seconds(keepalives.interval)
        options.keepaliveCount = keepalives.count.flatMap { $0 > 0 ? Int32(clamping: $0) : nil }
        options.userTimeout = tcpUserTimeout.flatMap {
            $0 > .zero ? Int32(clamping: max(1, $0.nanoseconds / 1_000_000)) : nil
        }
        return options
    }
}
