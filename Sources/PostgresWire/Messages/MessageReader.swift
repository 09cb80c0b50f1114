/// Reads the content of one message from left to right, never beyond its end.
package struct MessageReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private let kind: StaticString

    /// `kind` names the message in errors.
    package init(_ bytes: UnsafeRawBufferPointer, _ kind: StaticString) {
        self.bytes = bytes
        self.kind = kind
    }

    package var remaining: Int { bytes.count - offset }

    private func tooShort() -> PostgresError {
        PostgresError(.protocolViolation, "the server's \(kind) message ends too early")
    }

    package mutating func integer<I: FixedWidthInteger & BitwiseCopyable>(_: I.Type = I.self) throws(PostgresError) -> I
    {
        guard remaining >= MemoryLayout<I>.size else { throw tooShort() }
        defer { offset += MemoryLayout<I>.size }
        return I(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: I.self))
    }

    /// A count of things that each take at least `size` bytes: bounded by what is there, so that it can be allocated.
    package mutating func count(eachAtLeast size: Int) throws(PostgresError) -> Int {
        let count = Int(try integer(Int16.self))
        guard count >= 0, count * size <= remaining else { throw tooShort() }
        return count
    }

    /// Throws when something is left: then the message was not understood.
    package func finish() throws(PostgresError) {
        guard remaining == 0 else {
            throw PostgresError(
                .protocolViolation, "the server's \(kind) message is \(remaining) bytes longer than its content")
        }
    }

    /// A NUL-terminated string.
    package mutating func cString() throws(PostgresError) -> String {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard let length = rest.firstIndex(of: 0) else { throw tooShort() }
        offset += length + 1
        return String(decoding: rest[..<length], as: UTF8.self)
    }

    package mutating func bytes(_ count: Int) throws(PostgresError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw tooShort() }
        defer { offset += count }
        return [UInt8](bytes[offset..<(offset + count)])
    }

    /// The next bytes in place; valid as long as the message.
    package mutating func slice(_ count: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw tooShort() }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
    }

    package mutating func rest() -> [UInt8] {
        defer { offset = bytes.count }
        return [UInt8](bytes[offset...])
    }
}
