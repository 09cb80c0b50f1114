import Foundation
public import PostgresWire

/// A way to a server that can be made to fail: a proxy on the loopback interface, between a client and a real server.
///
///     let proxy = try FaultProxy(port: server.port)
///     configuration.host = "127.0.0.1"
///     configuration.port = proxy.port
///     …
///     proxy.freeze()        // from now on nothing passes, as in a network that drops every packet
///
/// An order has taken effect when its method returns. When the proxy is stopped, or let go of, every connection is reset.
public final class FaultProxy: Sendable {
    /// The port of 127.0.0.1 to connect to.
    public let port: Int
    private let orders: ProxyOrders

    /// A proxy to a port of this machine.
    /// - Throws: `PostgresError(.invalidConfiguration)` when no port or descriptor is free.
    public init(port target: Int) throws(PostgresError) {
        let listener = try Listener(.loopback)
        let orders = ProxyOrders()
        port = listener.port
        self.orders = orders
        Thread.detachNewThread {
            var proxy = ProxyLoop(listener: listener, target: target)
            while orders.carryOut(&proxy) { proxy.turn() }
            listener.close()
        }
    }

    deinit { stop() }

    /// How many connections pass through it.
    public var connectionCount: Int { orders.connectionCount }

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

/// Carries orders to the proxy's thread, and the word that they are carried out back.
private final class ProxyOrders: @unchecked Sendable {
    // Unchecked: everything is touched with the condition locked.
    private let condition = NSCondition()
    private var waiting: [(inout ProxyLoop) -> Void] = []
    private var given = 0
    private var carriedOut = 0
    private var isStopped = false
    private var connections = 0

    var connectionCount: Int { condition.withLock { connections } }

    func give(_ order: @escaping (inout ProxyLoop) -> Void) {
        condition.withLock {
            guard !isStopped else { return }
            waiting.append(order)
            given += 1
            let mine = given
            while carriedOut < mine, !isStopped { condition.wait() }
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }

    /// On the proxy's thread, between two turns; false at the end.
    func carryOut(_ proxy: inout ProxyLoop) -> Bool {
        condition.withLock {
            for order in waiting { order(&proxy) }
            waiting = []
            carriedOut = given
            connections = proxy.links.count
            condition.broadcast()
            if isStopped { proxy.cut() }
            return !isStopped
        }
    }
}
