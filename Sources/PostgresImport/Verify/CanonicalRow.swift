import PostgresWire

/// One row in the form that both sides of a comparison are brought to: a cell of bytes, or NULL, per column.
///
/// | type | bytes |
/// |---|---|
/// | boolean | `true`, `false` |
/// | integers | decimal |
/// | numeric | decimal without superfluous zeros; `NaN`, `Infinity`, `-Infinity` |
/// | double precision | `#` and the sixteen hexadecimal digits of the bits, every NaN the same |
/// | text, varchar | UTF-8 as it is |
/// | bytea | as it is |
/// | date | `YYYY-MM-DD` |
/// | time | `HH:MM:SS.ffffff` |
/// | timestamp | `YYYY-MM-DDTHH:MM:SS.ffffff`, timestamptz in UTC with `Z` after it |
/// | uuid | 36 characters in lower case |
/// | json, jsonb | keys sorted, numbers by value |
public struct CanonicalRow: ~Copyable {
    /// Length (big-endian, -1 for NULL) and bytes, cell by cell.
    var buffer = PostgresBuffer(capacity: 512)

    init() {}

    mutating func removeAll() { buffer.removeAll() }

    /// Starts a cell; give the result to `endCell`.
    mutating func beginCell() -> Int {
        let start = buffer.count
        buffer.append(Int32(-1))
        return start
    }

    /// Ends the cell begun at `start`. Cells are bounded by what SQLite and PostgreSQL store, 1 GB.
    mutating func endCell(_ start: Int) {
        buffer.overwrite(Int32(clamping: buffer.count - start - 4), at: start)
    }

    mutating func appendNull() { buffer.append(Int32(-1)) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        buffer.append(Int32(clamping: bytes.count))
        buffer.append(bytes)
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(integer value: Int64) {
        let start = beginCell()
        buffer.append(decimal: value)
        endCell(start)
    }

    mutating func append(double value: Double) {
        let start = beginCell()
        buffer.append(UInt8(ascii: "#"))
        let bits = value.isNaN ? Double.nan.bitPattern : value.bitPattern
        for shift in stride(from: 60, through: 0, by: -4) {
            buffer.append(UUIDText.hexCharacter(UInt8(truncatingIfNeeded: bits >> UInt64(shift)) & 15))
        }
        endCell(start)
    }

    mutating func append(decimal value: ExactDecimal) {
        let start = beginCell()
        value.append(plainTextTo: &buffer)
        endCell(start)
    }

    mutating func append(date time: CivilTime) {
        let start = beginCell()
        buffer.append(dateOf: time)
        endCell(start)
    }

    mutating func append(timeOfDay time: CivilTime) {
        let start = beginCell()
        buffer.append(timeOfDayOf: time)
        endCell(start)
    }

    mutating func append(timestamp time: CivilTime, isUTC: Bool) {
        let start = beginCell()
        buffer.append(dateOf: time)
        buffer.append(UInt8(ascii: "T"))
        buffer.append(timeOfDayOf: time)
        if isUTC { buffer.append(UInt8(ascii: "Z")) }
        endCell(start)
    }

    /// The cells as they can be kept and shown: text, with bytes that are none in hexadecimal.
    func cells() -> [CanonicalCell] {
        buffer.withUnsafeBytes { CanonicalCell.split($0) }
    }
}

/// A canonical cell taken out of its row.
struct CanonicalCell: Hashable, Sendable {
    /// Nil for NULL.
    var bytes: [UInt8]?

    static func split(_ row: UnsafeRawBufferPointer) -> [CanonicalCell] {
        var cells: [CanonicalCell] = []
        forEach(row) { cell in cells.append(CanonicalCell(bytes: cell.map { Array($0) })) }
        return cells
    }

    static func split(_ row: [UInt8]) -> [CanonicalCell] { row.withUnsafeBytes { split($0) } }

    /// Calls `body` with each cell of a canonical row.
    @inline(__always)
    static func forEach(_ row: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) -> Void) {
        var index = 0
        while row.count - index >= 4 {
            let length = Int(Int32(bigEndian: row.loadUnaligned(fromByteOffset: index, as: Int32.self)))
            index += 4
            if length < 0 {
                body(nil)
            } else {
                guard length <= row.count - index else { return }
                body(UnsafeRawBufferPointer(rebasing: row[index..<index + length]))
                index += length
            }
        }
    }

    /// The cell for people: doubles in decimal, bytes that are no text in hexadecimal, very long values cut.
    func shown(as type: ColumnType) -> String {
        guard let bytes else { return "NULL" }
        if type == .doublePrecision, bytes.first == UInt8(ascii: "#"),
            let bits = UInt64(String(decoding: bytes.dropFirst(), as: UTF8.self), radix: 16)
        {
            return Double(bitPattern: bits).description
        }
        let limit = 200
        if type == .bytea {
            let hex = bytes.prefix(limit).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return "\\x" + hex + (bytes.count > limit ? "… (\(bytes.count) bytes)" : "")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let quoted = text.count > limit ? "\(text.prefix(limit))… (\(bytes.count) bytes)" : text
        return type.isText ? "\"\(quoted)\"" : quoted
    }
}

extension PostgresBuffer {
    /// Appends an integer in decimal.
    mutating func append(decimal value: Int64) {
        var rest = value.magnitude
        if rest == 0 {
            append(UInt8(ascii: "0"))
            return
        }
        if value < 0 { append(UInt8(ascii: "-")) }
        // Nineteen digits at most: collected from the low end into one number's bytes.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var index = 20
            while rest > 0 {
                index -= 1
                digits[index] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
                rest /= 10
            }
            append(UnsafeRawBufferPointer(rebasing: digits[index...]))
        }
    }

    /// Appends a number with leading zeros.
    mutating func append(padded value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        if value / divisor > 9 {
            append(decimal: Int64(value))
            return
        }
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: value / divisor % 10) + 0x30)
            divisor /= 10
        }
    }

    mutating func append(dateOf time: CivilTime) {
        if time.year < 0 { append(UInt8(ascii: "-")) }
        append(padded: abs(time.year), digits: 4)
        append(UInt8(ascii: "-"))
        append(padded: time.month, digits: 2)
        append(UInt8(ascii: "-"))
        append(padded: time.day, digits: 2)
    }

    mutating func append(timeOfDayOf time: CivilTime) {
        append(padded: time.hour, digits: 2)
        append(UInt8(ascii: ":"))
        append(padded: time.minute, digits: 2)
        append(UInt8(ascii: ":"))
        append(padded: time.second, digits: 2)
        append(UInt8(ascii: "."))
        append(padded: time.microsecond, digits: 6)
    }
}
