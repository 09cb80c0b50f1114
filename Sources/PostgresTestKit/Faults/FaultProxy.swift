import Foundation
public import PostgresWire

/// A way to a server that can be made to fail: a proxy on the loopback interface, between a client and a real server.
///
///     let proxy = try FaultProxy(port: server.port)
///     configuration.host = "127.0.0.1"
///     configuration.port = proxy.port
///     …
///     proxy.freeze()                                        // nothing passes, as in a network that drops every packet
///     proxy.apply(FaultPlan(.reset, .toClient, at: .byte(100)))  // each answer breaks off after 100 bytes
///
/// An order has taken effect when its method returns. When the proxy is stopped, or let go of, every connection is reset.
public final class FaultProxy: Sendable {
    /// Where the server is, on this machine.
    public enum Target: Sendable, Hashable {
        /// At a port of 127.0.0.1.
        case port(Int)
        /// At the unix socket of that number in a directory.
        case unixSocket(directory: String, port: Int)
    }

    /// The port of 127.0.0.1 to connect to.
    public let port: Int
    private let orders: ProxyOrders

    /// A proxy to a server; `planning` says what is planned for each new connection, by its number from 1.
    /// - Throws: `PostgresError(.invalidConfiguration)` when no port or descriptor is free.
    public init(
        to target: Target, planning: @escaping @Sendable (Int) -> FaultPlan = { _ in FaultPlan() }
    ) throws(PostgresError) {
        let listener = try Listener(.loopback)
        let orders = try ProxyOrders()
        port = listener.port
        self.orders = orders
        Thread.detachNewThread {
            var proxy = ProxyLoop(listener: listener, target: target, bell: orders.bellDescriptor)
            proxy.planning = planning
            while orders.carryOut(&proxy) { proxy.turn() }
            listener.close()
        }
    }

    /// A proxy to a port of this machine.
    /// - Throws: `PostgresError(.invalidConfiguration)` when no port or descriptor is free.
    public convenience init(port target: Int) throws(PostgresError) { try self.init(to: .port(target)) }

    deinit { stop() }

    /// How many connections pass through it.
    public var connectionCount: Int { connections.count }

    /// The numbers of the connections that pass through it, the oldest first. Each new connection has the next number; the
    /// first has 1.
    public var connections: [Int] { orders.give { $0.links.map(\.number) } ?? [] }

    /// How many placed faults have happened so far. One whose place was never reached has not.
    public var faultCount: Int { orders.give { $0.faultCount } ?? 0 }

    /// Has the connections that stand, or those of these numbers, follow a plan from now on, in place of their own.
    /// - Returns: how many connections that concerns.
    @discardableResult
    public func apply(_ plan: FaultPlan, to numbers: Set<Int>? = nil) -> Int {
        orders.give { $0.follow(plan, numbers) } ?? 0
    }

    /// Has each new connection follow the plan that it is given by its number.
    public func plan(_ planning: @escaping @Sendable (Int) -> FaultPlan) { orders.give { $0.planning = planning } }

    /// Nothing passes any more, in either direction, and nobody is told: as when the other machine has lost its power, or a
    /// firewall has forgotten the connection. New connections are taken by the system and never answered.
    public func freeze() { orders.give { $0.mode = .freeze } }

    /// Everything passes, what was held back by `freeze()` included.
    public func forward() { orders.give { $0.mode = .forward } }

    /// Connections that stand go on; new ones are reset.
    public func refuse() { orders.give { $0.mode = .refuse } }

    /// Resets every connection; new ones are taken as before.
    public func cut() { orders.give { $0.cut() } }

    /// Resets every connection and takes no more. More calls do nothing.
    public func stop() { orders.stop() }
}

/// Carries orders to the proxy's thread, and their answers back.
private final class ProxyOrders: @unchecked Sendable {
    // Unchecked: everything is touched with the condition locked.
    private let condition = NSCondition()
    private var waiting: [(inout ProxyLoop) -> Void] = []
    private var given = 0
    private var carriedOut = 0
    private var isStopped = false
    private let bell: ChannelPair

    /// What becomes readable when there are orders.
    var bellDescriptor: Int32 { bell.far.descriptor }

    init() throws(PostgresError) { bell = try Channel.pair() }

    /// What the order answers; nil when the proxy is stopped.
    @discardableResult
    func give<R>(_ order: @escaping (inout ProxyLoop) -> R) -> R? {
        condition.withLock {
            guard !isStopped else { return nil }
            var answer: R?
            waiting.append { answer = order(&$0) }
            given += 1
            let mine = given
            ring()
            while carriedOut < mine, !isStopped { condition.wait() }
            return answer
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            ring()
            condition.broadcast()
        }
    }

    private func ring() { _ = bell.near.send([1]) }

    /// On the proxy's thread, between two turns; false at the end.
    func carryOut(_ proxy: inout ProxyLoop) -> Bool {
        condition.withLock {
            for order in waiting { order(&proxy) }
            carriedOut = given
            waiting = []
            condition.broadcast()
            if isStopped { proxy.cut() }
            return !isStopped
        }
    }
}
