/// Work that keeps a processor busy for milliseconds, on a thread of its own.
package enum Worker {
    /// Begins `body` at once. Throws when the system has no thread left.
    package static func run(_ body: @escaping @Sendable () -> Void) throws(TransportError) {
        try Thread.start(body)
    }
}
