import PostgresWire
import Testing

@Suite struct FrameBufferTests {
    /// A buffer with these bytes in it.
    private func filled(_ bytes: [UInt8]) -> FrameBuffer {
        var buffer = FrameBuffer()
        append(bytes, to: &buffer)
        return buffer
    }

    private func append(_ bytes: [UInt8], to buffer: inout FrameBuffer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let space = buffer.freeSpace()
            let count = min(space.count, rest.count)
            space.copyBytes(from: rest.prefix(count))
            buffer.commit(count)
            rest = rest.dropFirst(count)
        }
    }

    /// Takes every frame that is complete.
    private func takeFrames(_ buffer: inout FrameBuffer) throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while let next = try buffer.nextFrame() {
            frames.append([next.kind] + buffer.content(of: next))
            buffer.consume(next.size)
        }
        return frames
    }

    @Test func cutsTheSameFramesWhereverTheBytesAreSplit() throws {
        let stream = frame("R", [0, 0, 0, 0]) + frame("1", []) + frame("D", [0, 1, 0, 0, 0, 1, 7]) + frame("Z", [73])
        let expected: [[UInt8]] = [
            [82, 0, 0, 0, 0], [49], [68, 0, 1, 0, 0, 0, 1, 7], [90, 73],
        ]
        for first in 0...stream.count {
            for second in first...stream.count {
                var buffer = FrameBuffer()
                var frames: [[UInt8]] = []
                for piece in [stream[..<first], stream[first..<second], stream[second...]] {
                    append(Array(piece), to: &buffer)
                    frames += try takeFrames(&buffer)
                }
                #expect(frames == expected, "split at \(first) and \(second)")
                #expect(buffer.count == 0)
            }
        }
    }

    @Test(
        "trap 17: a length that cannot be one is refused",
        arguments: [0, 1, 3, -1, Int32.min, 0x4000_0000, Int32.max])
    func refusesLyingLengths(length: Int32) {
        let buffer = filled(WireBytes(UInt8(ascii: "D"), length, [1, 2, 3, 4]).bytes)
        let error = #expect(throws: PostgresError.self) { _ = try buffer.nextFrame() }
        #expect(error?.code == .protocolViolation)
        #expect(buffer.run(of: UInt8(ascii: "D"), cells: 1) == (0, 0))
        #expect(buffer.run(of: UInt8(ascii: "D")) == (0, 0))
    }

    @Test("traps 17, 19: memory grows with what arrives, not with what is announced, 1 GB at most")
    func announcedLengthAllocatesNothing() throws {
        var buffer = filled(WireBytes(UInt8(ascii: "D"), Int32(0x3FFF_FFFF)).bytes)
        #expect(try buffer.nextFrame() == nil)
        #expect(buffer.freeSpace().count < 64 * 1024)
    }

    @Test func growsForAFrameLargerThanItself() throws {
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var buffer = filled(frame("1", []) + frame("D", content) + frame("Z", [73]))
        let frames = try takeFrames(&buffer)
        #expect(frames.count == 3)
        #expect(frames[1].dropFirst().elementsEqual(content))
    }

    @Test("What it has grown by is given back when it is empty, and what is unread stays")
    func givesBackWhatItHasGrownBy() throws {
        var buffer = FrameBuffer()
        let isSpareAtFirst = buffer.isSpare
        #expect(!isSpareAtFirst)
        append(frame("D", Array(repeating: 7, count: 500_000)), to: &buffer)
        buffer.giveBack()
        #expect(buffer.count == 500_005)
        #expect(try takeFrames(&buffer).count == 1)
        let isSpare = buffer.isSpare
        #expect(isSpare)
        buffer.giveBack()
        let isStillSpare = buffer.isSpare
        #expect(!isStillSpare)
        #expect(buffer.freeSpace().count < 64 * 1024)
        append(frame("Z", [73]), to: &buffer)
        #expect(try takeFrames(&buffer) == [[90, 73]])
    }

    @Test("A buffer for sending gives back as well, and only when it is empty")
    func sendingBufferGivesBack() {
        var buffer = PostgresBuffer()
        buffer.append(Array(repeating: 1, count: 300_000))
        let isSpareWhileFull = buffer.isSpare
        buffer.giveBack()
        #expect(!isSpareWhileFull && buffer.count == 300_000)
        buffer.removeAll()
        let isSpare = buffer.isSpare
        buffer.giveBack()
        let isStillSpare = buffer.isSpare
        #expect(isSpare && !isStillSpare)
        buffer.append(Array(repeating: 2, count: 1000))
        buffer.withUnsafeBytes { bytes in
            #expect(bytes.count == 1000 && bytes.allSatisfy { $0 == 2 })
        }
    }

    @Test func keepsWhatIsUnreadWhileItMoves() throws {
        // Frames of an awkward size, read a few at a time, so that the unread end moves to the front again and again.
        let frames = (0..<5000).map { frame("D", Array(repeating: UInt8(truncatingIfNeeded: $0), count: $0 % 977)) }
        let stream = frames.flatMap { $0 }
        var buffer = FrameBuffer()
        var taken: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: 1500) {
            append(Array(stream[start..<min(start + 1500, stream.count)]), to: &buffer)
            taken += try takeFrames(&buffer)
        }
        #expect(taken.count == frames.count)
        #expect(zip(taken, frames).allSatisfy { $0.dropFirst().elementsEqual($1.dropFirst(5)) })
    }

    @Test func runsStopAtTheFirstFrameThatDiffers() {
        let row = frame("D", WireBytes(Int16(2), Int32(-1), Int32(-1)).bytes)
        let shorter = frame("D", WireBytes(Int16(1), Int32(-1)).bytes)
        let cases: [(stream: [UInt8], frames: Int)] = [
            (row + row + frame("C", [0]), 2),
            (row + shorter + row, 1),
            (row + row.dropLast(), 1),
            (row + row.prefix(6), 1),
            (row + frame("D", []) + row, 1),
            (frame("D", [0]) + row, 0),
            ([], 0),
        ]
        for (index, entry) in cases.enumerated() {
            let buffer = filled(entry.stream)
            let run = buffer.run(of: UInt8(ascii: "D"), cells: 2)
            #expect(run == (entry.frames * row.count, entry.frames), "case \(index)")
        }
    }

    @Test func runsOfBytesTakeFramesOfAnySize() {
        let stream = frame("d", []) + frame("d", [1]) + frame("d", [1, 2, 3])
        let buffer = filled(stream + frame("c", []))
        #expect(buffer.run(of: UInt8(ascii: "d")) == (stream.count, 3))
    }

    @Test(arguments: [(10, 100), (3000, 3000)])
    func keepsWhatIsLittleOfIt(size: Int, rest: Int) throws {
        let row = frame("D", [0, 1] + Array(repeating: 9, count: size))
        var buffer = filled(row + frame("C", Array(repeating: 7, count: rest)))
        let handedOver = buffer.handOver(row.count)
        #expect(handedOver == nil)
        #expect(buffer.front(row.count).elementsEqual(row))
    }

    @Test(arguments: [(7000, 100), (300_000, 5)])
    func handsTheFrontOverAndKeepsTheRest(size: Int, rest: Int) throws {
        let row = frame("D", [0, 1] + Array(repeating: 9, count: size))
        let behind = frame("C", Array(repeating: 7, count: rest))
        var buffer = filled(row + behind)
        let handedOver = buffer.handOver(row.count)
        let memory = try #require(handedOver)
        defer { FrameBuffer.deallocate(memory) }
        #expect(memory.elementsEqual(row))
        // What is handed over stays as it is while the buffer goes on.
        append(row + row, to: &buffer)
        #expect(memory.elementsEqual(row))
        let frames = try takeFrames(&buffer)
        #expect(frames.map(\.count) == [behind.count - 4, row.count - 4, row.count - 4])
        #expect(frames[0].dropFirst().elementsEqual(behind.dropFirst(5)))
    }

    @Test func cutsAHeaderOffTheFirstFrame() throws {
        var buffer = filled(frame("d", [1, 2, 3, 4, 5]) + frame("c", []))
        let first = try #require(try buffer.nextFrame())
        buffer.dropFirst(3, of: first)
        #expect(try takeFrames(&buffer) == [[100, 4, 5], [99]])
    }

    @Test func takesSingleBytes() {
        var buffer = filled([83, 1])
        #expect(buffer.takeByte() == 83)
        #expect(buffer.takeByte() == 1)
        #expect(buffer.takeByte() == nil)
    }
}
