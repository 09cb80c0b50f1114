/// Where the messages begin in one direction's bytes, without looking into them.
///
/// Pure. A client's first messages have no kind of their own, and the server's answer to a request for encryption has
/// neither kind nor length: who knows both directions tells. PostgreSQL documentation, "Message Flow".
struct MessageCounter {
    /// What the next byte is.
    private enum Expectation {
        /// A client's message without a kind: startup, or a request for encryption.
        case firstMessage
        case message
        /// The server's yes or no to encryption.
        case answer
        /// Encrypted: nothing is known any more.
        case unknown
    }

    /// What a piece of a message has shown.
    enum Finding: Equatable {
        /// The client asks for encryption; the server answers with one byte.
        case encryptionAsked
        /// The server agrees; from here on nobody sees messages.
        case encryptionAgreed
    }

    private var expectation: Expectation
    /// The bytes of the present message's kind, length and, where it has no kind, code.
    private var header: [UInt8] = []
    /// Of the present message, once its length is known.
    private var left = 0

    /// The beginning of what a client says, or a server.
    init(ofClient: Bool) { expectation = ofClient ? .firstMessage : .message }

    /// Where a message may begin next.
    var isAtStart: Bool { header.isEmpty && left == 0 && expectation != .unknown }

    /// The kind of the message that begins with `bytes`; nil where too few are there to tell.
    func kind(startingWith bytes: ArraySlice<UInt8>) -> Character? {
        guard let first = bytes.first else { return nil }
        guard expectation == .firstMessage else { return Character(UnicodeScalar(first)) }
        guard bytes.count >= 8 else { return nil }
        return switch Self.number(bytes.dropFirst(4).prefix(4)) {
        case 80_877_102: "7"
        case 80_877_103: "8"
        case 80_877_104: "9"
        default: "0"
        }
    }

    /// Goes on by at most `bytes`, up to the next beginning of a message; how many that were.
    mutating func advance(_ bytes: ArraySlice<UInt8>) -> (count: Int, finding: Finding?) {
        var count = 0
        while count < bytes.count {
            if left > 0 {
                let step = min(left, bytes.count - count)
                left -= step
                count += step
                if left == 0 { return (count, nil) }
                continue
            }
            let byte = bytes[bytes.startIndex + count]
            switch expectation {
            case .unknown: return (bytes.count, nil)
            case .answer:
                let agrees = byte == UInt8(ascii: "S") || byte == UInt8(ascii: "G")
                expectation = agrees ? .unknown : .message
                return (count + 1, agrees ? .encryptionAgreed : nil)
            case .firstMessage:
                header.append(byte)
                count += 1
                guard header.count == 8 else { continue }
                return end(ofHeader: count, without: 8)
            case .message:
                header.append(byte)
                count += 1
                guard header.count == 5 else { continue }
                let result = end(ofHeader: count, without: 4)
                if left == 0 { return result }
            }
        }
        return (count, nil)
    }

    /// The length counts itself, and what of the header comes after it.
    private mutating func end(ofHeader count: Int, without known: Int) -> (count: Int, finding: Finding?) {
        let isFirst = expectation == .firstMessage
        let length = Self.number(header.dropFirst(isFirst ? 0 : 1).prefix(4))
        let code = isFirst ? Self.number(header.suffix(4)) : 0
        header = []
        guard length >= known else {
            // No message at all.
            expectation = .unknown
            return (count, nil)
        }
        left = length - known
        guard isFirst else { return (count, nil) }
        if code == 80_877_103 || code == 80_877_104 { return (count, .encryptionAsked) }
        expectation = .message
        return (count, nil)
    }

    /// The other direction has asked for encryption.
    mutating func expectAnswer() { if expectation == .message { expectation = .answer } }

    /// The other direction has agreed to encryption.
    mutating func loseTrack() { expectation = .unknown }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}
