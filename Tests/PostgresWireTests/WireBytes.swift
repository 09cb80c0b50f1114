import PostgresWire

/// Bytes in network order, written the way the documentation lists a message's fields.
struct WireBytes {
    var bytes: [UInt8] = []

    init(_ fields: any WireField...) {
        for field in fields { bytes += field.wireBytes }
    }
}

protocol WireField { var wireBytes: [UInt8] { get } }

extension WireField where Self: FixedWidthInteger {
    var wireBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
extension UInt8: WireField {}
extension Int8: WireField {}
extension Int16: WireField {}
extension UInt16: WireField {}
extension Int32: WireField {}
extension UInt32: WireField {}
/// A string is NUL-terminated.
extension String: WireField { var wireBytes: [UInt8] { Array(utf8) + [0] } }
extension [UInt8]: WireField { var wireBytes: [UInt8] { self } }

/// Lends a copy that ends exactly where its allocation does, so that the address sanitizer sees every read beyond it.
func withExactBytes<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(memory))
}

/// A frame as the server sends it: kind, length, content.
func frame(_ kind: Character, _ content: [UInt8]) -> [UInt8] {
    WireBytes(kind.asciiValue ?? 0, Int32(content.count + 4), content).bytes
}
