import PostgresWire

/// UUIDs between text and their sixteen bytes.
enum UUIDText {
    /// Where the four dashes stand.
    private static let dashes: Set<Int> = [8, 13, 18, 23]

    /// Appends the sixteen bytes of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in either case. False, and nothing
    /// appended, when the text is none.
    static func append(_ text: UnsafeRawBufferPointer, bytesTo buffer: inout PostgresBuffer) -> Bool {
        guard text.count == 36 else { return false }
        let start = buffer.count
        var high: UInt8?
        for (index, byte) in text.enumerated() {
            if dashes.contains(index) {
                guard byte == UInt8(ascii: "-") else {
                    buffer.truncate(to: start)
                    return false
                }
                continue
            }
            guard let digit = hexDigit(byte) else {
                buffer.truncate(to: start)
                return false
            }
            if let first = high {
                buffer.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return true
    }

    /// What kind of UUID text this is.
    static func shape(_ text: UnsafeRawBufferPointer) -> (isUUID: Bool, isLowercase: Bool) {
        guard text.count == 36 else { return (false, false) }
        var isLowercase = true
        for (index, byte) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return (false, false) }
            } else {
                guard hexDigit(byte) != nil else { return (false, false) }
                if byte >= 0x41, byte <= 0x46 { isLowercase = false }
            }
        }
        return (true, isLowercase)
    }

    /// Appends the text of sixteen bytes, in lower case.
    static func append(_ bytes: UnsafeRawBufferPointer, textTo buffer: inout PostgresBuffer) {
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { buffer.append(UInt8(ascii: "-")) }
            buffer.append(hexCharacter(byte >> 4))
            buffer.append(hexCharacter(byte & 15))
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    static func hexCharacter(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x61 + digit - 10 }
}
