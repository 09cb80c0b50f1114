import PostgresTestKit

/// One thing that goes wrong.
struct Fault: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case cancel, cut, reset, split, delay, throttle, pause, halfOpen = "half-open", end, kill
        /// Only where TLS finds it out.
        case swallow, corrupt

        /// How many of a hundred.
        var weight: Int {
            switch self {
            case .cancel: 43
            case .cut, .reset: 11
            case .split: 8
            case .delay: 7
            case .end: 6
            case .pause: 5
            case .throttle, .halfOpen, .swallow, .corrupt: 4
            case .kill: 1
            }
        }
    }

    var kind: Kind
    /// Of `cancel`: at which await of the operation, from 0, and how many microseconds later.
    var step = 0
    var microseconds = 0
    /// Of what happens on the way.
    var plan = FaultPlan()
    /// Whether it happens to the next new connection, from its first byte, and not to one that stands.
    var isForNew = false
    /// Which connection or process, of those that there are then.
    var choice = UInt64(0)

    /// The fault of that number in the run of that seed.
    init(number: Int, seed: UInt64, isEncrypted: Bool = false) {
        var random = Randomness(seed: seed, stream: UInt64(number) << 1 | 1)
        let kinds = Kind.allCases.filter { isEncrypted || ($0 != .swallow && $0 != .corrupt) }
        kind = random.choose(kinds.map { ($0, $0.weight) })
        choice = random.next()
        isForNew = Int.random(in: 0..<8, using: &random) == 0
        // An answer that is lost says less than a question that never came.
        let direction: FaultPlan.Direction = Int.random(in: 0..<3, using: &random) > 0 ? .toClient : .toServer
        func place(_ direction: FaultPlan.Direction) -> FaultPlan.Place {
            isEncrypted ? .byte(random.size(upTo: 8_000)) : Self.place(direction, &random)
        }
        switch kind {
        case .cancel:
            step = Int.random(in: 0..<8, using: &random)
            microseconds = Bool.random(using: &random) ? 0 : random.size(upTo: 8_000)
        case .cut: plan = FaultPlan(.cut, direction, at: place(direction))
        case .reset: plan = FaultPlan(.reset, direction, at: place(direction))
        case .halfOpen: plan = FaultPlan(.halfOpen, direction, at: place(direction))
        case .pause:
            let duration = Duration.milliseconds(random.size(upTo: 400))
            plan = FaultPlan(.pause(duration), direction, at: place(direction))
        case .split:
            plan.toClient.pieceSize = random.size(upTo: 16) + 1
            plan.toServer.pieceSize = random.size(upTo: 16) + 1
        case .delay: plan[direction].delay = .milliseconds(random.size(upTo: 30))
        case .throttle: plan[direction].bytesPerSecond = 20_000 + random.size(upTo: 1_000_000)
        case .swallow: plan = FaultPlan(.swallow(1 + random.size(upTo: 100)), direction, at: place(direction))
        case .corrupt:
            let mask = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            plan = FaultPlan(.corrupt(mask: mask), direction, at: place(direction))
        case .end, .kill: break
        }
    }

    /// For a cancel that too few operations last long enough for.
    mutating func comesSooner() {
        step -= step > 0 ? 1 : 0
        microseconds /= 2
    }

    /// Soon, for else the connection is gone before.
    private static func place(_ direction: FaultPlan.Direction, _ random: inout Randomness) -> FaultPlan.Place {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .byte(random.size(upTo: 4_000))
        case 1: return .message(1 + random.size(upTo: 16))
        default:
            // The messages between which an outcome is decided: CommandComplete, ReadyForQuery; Query, Sync, CopyDone.
            let kinds = direction == .toClient ? "CCCZZDT2" : "QSSBc"
            return .message(1 + random.size(upTo: 1), kind: kinds.randomElement(using: &random))
        }
    }
}
