import PostgresWire
import Testing

@Suite struct PostgresBufferTests {
    @Test func writesIntegersMostSignificantByteFirst() {
        var buffer = PostgresBuffer()
        buffer.append(UInt8(1))
        buffer.append(Int16(-2))
        buffer.append(Int32(0x0102_0304))
        buffer.append(Int64.min)
        let bytes = buffer.withUnsafeBytes { Array($0) }
        #expect(bytes == [1, 0xFF, 0xFE, 1, 2, 3, 4, 0x80, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func keepsItsContentWhileItGrows() {
        var buffer = PostgresBuffer(capacity: 0)
        let pieces = (0..<300).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0) }
        for piece in pieces { buffer.append(piece) }
        #expect(buffer.withUnsafeBytes { $0.elementsEqual(pieces.joined()) })
    }

    @Test func writesText() {
        var buffer = PostgresBuffer()
        buffer.append(utf8: "é")
        buffer.append(cString: "")
        buffer.append(cString: "a")
        #expect(buffer.withUnsafeBytes { Array($0) } == [0xC3, 0xA9, 0, 97, 0])
    }

    @Test func forgetsAndOverwrites() {
        var buffer = PostgresBuffer()
        buffer.append([1, 2, 3, 4, 5, 6] as [UInt8])
        buffer.overwrite(Int32(-1), at: 1)
        buffer.truncate(to: 5)
        #expect(buffer.withUnsafeBytes { Array($0) } == [1, 0xFF, 0xFF, 0xFF, 0xFF])
        buffer.removeFirst(2)
        #expect(buffer.withUnsafeBytes { Array($0) } == [0xFF, 0xFF, 0xFF])
        buffer.removeFirst(3)
        #expect(buffer.count == 0)
        buffer.append([7] as [UInt8])
        buffer.removeAll()
        #expect(buffer.count == 0)
    }
}
