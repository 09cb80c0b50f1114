/// What a descriptor is watched for.
package struct Interest: Equatable, Sendable {
    // Not an OptionSet, whose operations are those of the protocol in other modules: calls by way of tables.
    @usableFromInline let bits: UInt8
    @usableFromInline init(bits: UInt8) { self.bits = bits }

    @inlinable package static var none: Interest { Interest(bits: 0) }
    @inlinable package static var read: Interest { Interest(bits: 1) }
    @inlinable package static var write: Interest { Interest(bits: 2) }
    @inlinable package static var readAndWrite: Interest { Interest(bits: 3) }

    @inlinable package func contains(_ other: Interest) -> Bool { bits & other.bits == other.bits }
    @inlinable package static func | (a: Interest, b: Interest) -> Interest { Interest(bits: a.bits | b.bits) }
    @inlinable package static func == (a: Interest, b: Interest) -> Bool { a.bits == b.bits }
}

/// A descriptor that became ready, named by the token it was registered under.
struct ReadyEvent {
    var token: UInt64
    var readiness: Interest
}

/// Waits until descriptors are ready or somebody calls `wake()`.
///
/// Two implementations: epoll on Linux, poll(2) on any POSIX system. Everything but `wake()` is called by the loop's
/// thread alone.
protocol Poller: AnyObject, Sendable {
    func add(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError)
    func modify(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError)
    func remove(_ descriptor: Int32, token: UInt64)

    /// Waits up to `timeout` nanoseconds (0: not at all, negative: for ever) and puts what is ready into `events`.
    func wait(timeout: Int64, into events: inout [ReadyEvent]) throws(TransportError)

    /// Makes a `wait` that is going on, or the next one, return. Any thread may call it.
    func wake()
}
