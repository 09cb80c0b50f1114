@testable import PostgresWire

extension FuzzTarget {
    /// The splitter of frames: however the bytes arrive, the frames are those that the documentation says.
    ///
    /// The first byte says how the rest is cut into reads, the second how many cells the rows are to have.
    static let frames = FuzzTarget(name: "frames") { input in
        var input = input
        let cut = input.byte()
        let cells = Int(input.byte())
        let expected = Frames(reading: input.rest)
        check(Frames(from: input.rest, inReadsOf: .max) == expected, "the frames of one read")
        // Of one size, and of sizes that change.
        check(Frames(from: input.rest, inReadsOf: Int(cut) + 1) == expected, "the frames of reads of \(cut) + 1 bytes")
        var size = Int(cut)
        let changing = Frames(from: input.rest) {
            size = (size * 5 + 3) % 251
            return size + 1
        }
        check(changing == expected, "the frames of reads of several sizes")
        check(Frames(takingRows: input.rest, cells: cells < 128 ? cells : nil) == expected, "the frames, rows in runs")
    }
}

/// What a stream of bytes is to a reader of frames.
private struct Frames: Equatable {
    struct One: Equatable {
        var kind: UInt8
        var content: [UInt8]
    }

    var frames: [One] = []
    /// It ends in a length that cannot be one.
    var isInvalid = false
    /// Bytes that are no whole frame.
    var rest = 0

    private static let largest = 1 << 20

    /// As simple as it can be said.
    init(reading bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while bytes.count - offset >= 5 {
            let length = bytes[(offset + 1)..<(offset + 5)].reduce(0) { $0 << 8 | Int($1) }
            if length < 4 || length > Self.largest {
                isInvalid = true
                break
            }
            guard bytes.count - offset >= 1 + length else { break }
            frames.append(One(kind: bytes[offset], content: Array(bytes[(offset + 5)..<(offset + 1 + length)])))
            offset += 1 + length
        }
        rest = bytes.count - offset
    }

    init(from bytes: UnsafeRawBufferPointer, inReadsOf size: Int) {
        self.init(from: bytes) { size }
    }

    init(from bytes: UnsafeRawBufferPointer, sizes next: () -> Int) {
        var buffer = FrameBuffer()
        var rest = bytes
        while !rest.isEmpty, !isInvalid {
            Self.read(&rest, into: &buffer, atMost: next())
            takeFrames(&buffer)
        }
        // The splitter stops at what is wrong; what would have come later is not there.
        self.rest = buffer.count + rest.count
    }

    /// Frames of rows are taken in runs, as memory of their own.
    init(takingRows bytes: UnsafeRawBufferPointer, cells: Int?) {
        var buffer = FrameBuffer()
        var rest = bytes
        while !rest.isEmpty, !isInvalid {
            Self.read(&rest, into: &buffer, atMost: 700)
            while !isInvalid {
                let (size, count) = buffer.run(of: BackendKind.dataRow, cells: cells)
                if count > 0, size <= Self.largest {
                    let before = buffer.count
                    let memory = buffer.handOver(size)
                    let run = Frames(reading: memory ?? buffer.front(size))
                    check(run.rest == 0 && run.frames.count == count, "a run is whole frames, as many as it says")
                    if let memory { FrameBuffer.deallocate(memory) } else { buffer.consume(size) }
                    check(buffer.count == before - size, "a run is taken off the front")
                    frames += run.frames
                    continue
                }
                guard takeFrame(&buffer) else { break }
            }
        }
        self.rest = buffer.count + rest.count
    }

    private static func read(
        _ rest: inout UnsafeRawBufferPointer, into buffer: inout FrameBuffer, atMost size: Int
    ) {
        let space = buffer.freeSpace()
        check(space.count >= 1024, "there is room for a kilobyte")
        check(space.count <= 4 << 20, "room grows with what has come")
        let part = rest.prefix(min(size, space.count))
        space.copyBytes(from: part)
        buffer.commit(part.count)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
    }

    private mutating func takeFrames(_ buffer: inout FrameBuffer) {
        while takeFrame(&buffer) {}
    }

    private mutating func takeFrame(_ buffer: inout FrameBuffer) -> Bool {
        do {
            guard let frame = try buffer.nextFrame(largest: Self.largest) else { return false }
            frames.append(One(kind: frame.kind, content: [UInt8](buffer.content(of: frame))))
            // A part may be cut off first, as the header of a COPY is.
            let part = (frame.size - 5) / 2
            buffer.dropFirst(part, of: frame)
            let shorter = try buffer.nextFrame(largest: Self.largest)
            check(shorter?.size == frame.size - part && shorter?.kind == frame.kind, "a frame without its beginning")
            if let shorter { buffer.consume(shorter.size) }
            return true
        } catch {
            check(error.code == .protocolViolation, "a wrong length is a violation of the protocol")
            isInvalid = true
            return false
        }
    }
}
