/// Which way a loop waits for its descriptors.
package enum PollerChoice: String, Sendable, CaseIterable {
    /// The best the system has.
    case automatic
    /// epoll(7); Linux only.
    case epoll
    /// poll(2); everywhere.
    case poll

    /// - Parameter wakesWhenTaken: see ``EpollPoller``; poll(2) cannot.
    func makePoller(wakesWhenTaken: Bool) throws(TransportError) -> any Poller {
        #if os(Linux)
        switch self {
        case .automatic, .epoll: return try EpollPoller(wakesWhenTaken: wakesWhenTaken)
        case .poll: return try PollPoller()
        }
        #else
        return try PollPoller()
        #endif
    }
}
