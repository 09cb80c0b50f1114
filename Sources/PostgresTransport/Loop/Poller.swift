/// What a descriptor is watched for.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let read = Interest(rawValue: 1)
    package static let write = Interest(rawValue: 2)
    // An array literal of these is built by way of a generic initialiser, at every look of the loop.
    package static let readAndWrite = Interest(rawValue: 3)
    package static let none: Interest = []
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
