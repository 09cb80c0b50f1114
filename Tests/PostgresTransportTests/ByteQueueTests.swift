import Testing

@testable import PostgresTransport

struct ByteQueueTests {
    private func take(_ count: Int, from queue: inout ByteQueue) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = bytes.withUnsafeMutableBytes { queue.take(into: $0) }
        return Array(bytes.prefix(taken))
    }

    @Test("Bytes come out as they went in, however they are cut")
    func order() {
        var queue = ByteQueue()
        var written: UInt8 = 0
        var read: UInt8 = 0
        for round in 0..<3000 {
            if round % 3 == 0 {
                queue.append(atMost: 2000) { space in
                    let count = round % 700
                    for index in 0..<count {
                        space[index] = written
                        written &+= 1
                    }
                    return count
                }
            } else if round % 3 == 1 {
                let piece = (0..<(round % 500)).map { written &+ UInt8(truncatingIfNeeded: $0) }
                written &+= UInt8(truncatingIfNeeded: piece.count)
                piece.withUnsafeBytes { queue.append($0) }
            } else {
                for byte in take(round % 1300, from: &queue) {
                    #expect(byte == read)
                    read &+= 1
                }
            }
        }
        let rest = queue.bytes.count
        for byte in take(rest, from: &queue) {
            #expect(byte == read)
            read &+= 1
        }
        let isEmpty = queue.isEmpty
        #expect(isEmpty && read == written)
    }

    @Test("Nothing in, nothing out; and a read that fails adds nothing")
    func nothing() {
        struct Failed: Error {}
        var queue = ByteQueue()
        #expect(take(10, from: &queue).isEmpty)
        queue.append(UnsafeRawBufferPointer(start: nil, count: 0))
        queue.append(atMost: 100) { _ in 0 }
        queue.removeFirst(0)
        do throws(Failed) {
            try queue.append(atMost: 100) { (_) throws(Failed) in throw Failed() }
            Issue.record("it does not fail")
        } catch {}
        let count = queue.bytes.count
        #expect(count == 0)
    }
}
