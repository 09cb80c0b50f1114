import PostgresTypes
import PostgresWire

/// MongoDB Extended JSON, version 1 (strict mode) and version 2 (canonical and relaxed): JSON objects that stand for one
/// value of a type JSON does not have.
///
/// MongoDB documentation, "MongoDB Extended JSON (v2)" and "(v1)".
enum ExtendedJSON {
    /// One value of a document's field.
    enum Value: Equatable {
        case null
        case bool(Bool)
        case string(String)
        /// 24 hexadecimal digits in lower case.
        case objectID(String)
        /// Milliseconds since 1970.
        case date(Int64)
        case integer(Int64)
        case double(Double)
        /// A number that is neither: JSON text with a fraction, or more digits than 64 bits hold.
        case number(JSONNumber)
        /// Decimal128; as text, because it may be NaN or infinite.
        case decimal(String)
        /// 36 characters in lower case.
        case uuid(String)
        /// An array, a document, or one of the types that keep their Extended JSON form: binary, regular expression,
        /// timestamp, code, symbol, undefined, minKey, maxKey.
        case other(JSONValue)
    }

    /// Reads what a JSON value stands for.
    ///
    /// Objects that only look alike, such as a stored query `{"$exists": true}`, stay objects.
    static func value(_ json: JSONValue) -> Value {
        switch json {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .string(let value): return .string(value)
        case .number(let number): return number.int64.map { .integer($0) } ?? .number(number)
        case .array: return .other(json)
        case .object(let object): return typed(object) ?? .other(json)
        }
    }

    private static func typed(_ object: JSONObject) -> Value? {
        guard let first = object.members.first, first.key.utf8.first == UInt8(ascii: "$") else { return nil }
        if object.count == 2, let base64 = object["$binary"]?.string, let type = object["$type"] {
            return binary(base64, subtype: type.string ?? type.int.map { String($0, radix: 16) } ?? "")
        }
        guard object.count == 1 else { return nil }
        switch first.key {
        case "$oid": return first.value.string.flatMap(objectID)
        case "$date": return date(first.value).map { .date($0) }
        case "$numberInt", "$numberLong": return integer(first.value).map { .integer($0) }
        case "$numberDouble": return double(first.value)
        case "$numberDecimal": return first.value.string.flatMap { isDecimal128($0) ? .decimal($0) : nil }
        case "$uuid": return first.value.string.flatMap(uuid)
        case "$binary":
            guard let content = first.value.object, content.count == 2, let base64 = content["base64"]?.string,
                let subtype = content["subType"]?.string
            else { return nil }
            return binary(base64, subtype: subtype)
        default: return nil
        }
    }

    private static func objectID(_ text: String) -> Value? {
        guard text.utf8.count == 24, text.utf8.allSatisfy({ UUIDText.hexDigit($0) != nil }) else { return nil }
        return .objectID(text.lowercased())
    }

    /// `$date` holds ISO 8601 text, milliseconds, or those in a `$numberLong`.
    private static func date(_ json: JSONValue) -> Int64? {
        switch json {
        case .string(let text):
            guard let time = Array(text.utf8).withUnsafeBytes({ CivilTime(parsing: $0) }),
                time.microseconds % 1000 == 0
            else { return nil }
            return Int64(time.microseconds / 1000)
        case .number(let number): return number.int64
        case .object(let object) where object.count == 1: return object["$numberLong"].flatMap(integer)
        default: return nil
        }
    }

    private static func integer(_ json: JSONValue) -> Int64? {
        switch json {
        case .string(let text): Int64(text)
        case .number(let number): number.int64
        default: nil
        }
    }

    private static func double(_ json: JSONValue) -> Value? {
        switch json {
        case .string("NaN"): .double(.nan)
        case .string("Infinity"): .double(.infinity)
        case .string("-Infinity"): .double(-.infinity)
        case .string(let text): JSONNumber(lexeme: text).map { .double($0.double) }
        case .number(let number): .double(number.double)
        default: nil
        }
    }

    private static func isDecimal128(_ text: String) -> Bool {
        if ["NaN", "Infinity", "-Infinity"].contains(text) { return true }
        return JSONNumber(lexeme: text) != nil
    }

    private static func uuid(_ text: String) -> Value? {
        Array(text.utf8).withUnsafeBytes { UUIDText.shape($0).isUUID } ? .uuid(text.lowercased()) : nil
    }

    /// Subtype 4 is a UUID; subtype 3, the old one, has its bytes in an order that each driver chose for itself, so it
    /// stays binary.
    private static func binary(_ base64: String, subtype: String) -> Value? {
        guard subtype == "4" || subtype == "04", let bytes = Base64.decode(base64), bytes.count == 16 else {
            return nil
        }
        var buffer = PostgresBuffer(capacity: 36)
        bytes.withUnsafeBytes { UUIDText.append($0, textTo: &buffer) }
        return .uuid(buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }
}

extension ExtendedJSON {
    /// The value as a document keeps it in `jsonb`: plain JSON where JSON has an equal, Extended JSON as it was where it
    /// has none.
    ///
    /// ObjectIds and UUIDs become text, dates ISO 8601 text in UTC with milliseconds, all numbers JSON numbers. NaN,
    /// infinities and dates outside the years 1 to 9999 have no such equal.
    static func plain(_ json: JSONValue) -> JSONValue {
        switch json {
        case .null, .bool, .string, .number: return json
        case .array(let elements): return .array(elements.map(plain))
        case .object(let object):
            if let value = typed(object) { return plain(value) ?? json }
            var result = JSONObject()
            for member in object { result[member.key] = plain(member.value) }
            return .object(result)
        }
    }

    private static func plain(_ value: Value) -> JSONValue? {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .string(let text), .objectID(let text), .uuid(let text): .string(text)
        case .integer(let value): .number(JSONNumber(value))
        case .number(let number): .number(number)
        case .double(let value): JSONNumber(value).map { .number($0) }
        case .decimal(let text): JSONNumber(lexeme: text).map { .number($0) }
        case .date(let milliseconds): isoText(milliseconds: milliseconds).map { .string($0) }
        case .other: nil
        }
    }

    /// `2009-04-01T07:00:00.000Z`; nil outside the years 1 to 9999.
    static func isoText(milliseconds: Int64) -> String? {
        let (microseconds, overflow) = Int(milliseconds).multipliedReportingOverflow(by: 1000)
        guard !overflow, CivilTime.writable.contains(microseconds) else { return nil }
        let time = CivilTime(microseconds: microseconds)
        var buffer = PostgresBuffer(capacity: 32)
        buffer.append(dateOf: time)
        buffer.append(UInt8(ascii: "T"))
        buffer.append(timeOfDayOf: time)
        // Microseconds are always 000 here.
        buffer.truncate(to: buffer.count - 3)
        buffer.append(UInt8(ascii: "Z"))
        return buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

/// RFC 4648, section 4.
enum Base64 {
    /// The bytes, or nil when the text is none.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 1
            if count % 4 == 0 {
                bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
                bits = 0
            }
        }
        guard (count + padding) % 4 == 0, padding <= 2 else { return nil }
        switch count % 4 {
        case 0: break
        case 2: bytes.append(UInt8(bits >> 4 & 255))
        case 3: bytes += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
        default: return nil
        }
        return bytes
    }
}
