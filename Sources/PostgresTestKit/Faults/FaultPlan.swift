/// What a ``FaultProxy`` does to one connection: how it passes bytes on, and what goes wrong at which place.
///
///     var plan = FaultPlan()
///     plan.toClient.delay = .milliseconds(20)
///     plan.toClient.faults = [.init(.reset, at: .message(1, kind: "C"))]   // instead of the first CommandComplete
///
/// Places are counted from the moment at which the plan takes effect: for a new connection from its first byte, for one that
/// stands from the next byte to pass.
public struct FaultPlan: Sendable, Hashable {
    /// What the client says.
    public var toServer = Stream()
    /// What the server says.
    public var toClient = Stream()

    /// Everything passes as it comes.
    public init() {}

    /// One thing that goes wrong in one direction, the rest passes as it comes.
    public init(_ fault: Fault, _ direction: Direction, at place: Place = .byte(0)) {
        self[direction].faults = [PlacedFault(fault, at: place)]
    }

    /// One of the two streams.
    public subscript(direction: Direction) -> Stream {
        get { direction == .toServer ? toServer : toClient }
        set {
            switch direction {
            case .toServer: toServer = newValue
            case .toClient: toClient = newValue
            }
        }
    }

    /// Which way bytes go.
    public enum Direction: String, Sendable, Hashable, CaseIterable {
        case toServer
        case toClient
    }

    /// What is done to the bytes of one direction.
    public struct Stream: Sendable, Hashable {
        /// How much later than they came bytes go on: a long way, rather than a slow one. Correct to a few milliseconds.
        public var delay: Duration = .zero
        /// A slow way: how many bytes go on in a second at most; nil for as many as come.
        public var bytesPerSecond: Int?
        /// The most bytes that go on in one piece, each a packet of its own: 1 splits at every byte. nil for as they come.
        public var pieceSize: Int?
        /// What goes wrong, in the order of the places. One whose place is passed already happens at once.
        public var faults: [PlacedFault] = []

        /// Bytes pass as they come.
        public init() {}
    }

    /// Something that goes wrong, and where.
    public struct PlacedFault: Sendable, Hashable {
        /// What goes wrong.
        public var fault: Fault
        /// Before which byte or message.
        public var place: Place

        /// What goes wrong, and where.
        public init(_ fault: Fault, at place: Place) {
            self.fault = fault
            self.place = place
        }
    }

    /// A place in the bytes of one direction.
    public enum Place: Sendable, Hashable {
        /// After so many bytes; 0 is now.
        case byte(Int)
        /// Before the message of that number, from 1; with a kind, only messages of that kind are counted. Kinds are those
        /// of ``FrontendMessage/kind``, and the letters of PostgreSQL's documentation, "Message Formats".
        ///
        /// Over TLS messages cannot be told apart; the place is never reached then.
        case message(Int, kind: Character? = nil)
    }

    /// What can go wrong.
    public enum Fault: Sendable, Hashable {
        /// Both ends are hung up on in good order, as by a process that ends. What was said before still arrives.
        case cut
        /// Both ends are reset, as by a machine that has started anew or a firewall that has forgotten the connection.
        case reset
        /// From here on both directions are taken and thrown away, and nobody is told: the other machine has lost its power.
        /// When one end gives up and hangs up, the other is reset: a real one would find out by its keepalives, hours later.
        case halfOpen
        /// So many bytes are left out.
        case swallow(Int)
        /// One byte arrives with the bits of the mask turned over.
        case corrupt(mask: UInt8 = 0xFF)
        /// Nothing more goes this way for so long.
        case pause(Duration)
    }
}
