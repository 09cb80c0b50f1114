import PostgresWire

/// Values that are made of others, and types that are known by their names, on their way to what the server wants.
extension ParameterRecoding {
    /// For a value of a type that has a name and no OID. What is known of it is enough to write it as text; the binary
    /// form of an extension's type goes to that type, wherever it is.
    init(named type: PostgresType, to wanted: PostgresType) {
        guard case .base? = type.info?.kind, let name = type.info?.name else {
            self = type.info == nil ? .convert : .writtenAsText
            return
        }
        self = !wanted.isBuiltin && wanted.mayBe(named: name) ? .copy : .writtenAsText
    }

    /// Appends an array, a range or a multirange, its parts converted.
    static func convertContainer(
        _ bytes: RawSpan, from type: PostgresType, to wanted: PostgresType, into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        if let element = type.element, let wantedElement = wanted.element {
            try convertArray(bytes, element, wantedElement, of: type, into: &buffer)
        } else if let bound = type.rangeBound, let wantedBound = wanted.rangeBound {
            try convertRange(bytes, bound, wantedBound, of: type, into: &buffer)
        } else if let range = type.multirangeRange, let wantedRange = wanted.multirangeRange,
            let bound = range.rangeBound, let wantedBound = wantedRange.rangeBound
        {
            guard bytes.byteCount >= 4 else { throw RangeBytes.error(type, "it is cut off") }
            buffer.append(bytes.bigEndian(at: 0, as: Int32.self))
            try RangeBytes.forEach(in: bytes, type: type) { (cell) throws(PostgresError) in
                try buffer.appendLengthPrefixed { buffer throws(PostgresError) in
                    try convertRange(cell, bound, wantedBound, of: range, into: &buffer)
                }
            }
        } else {
            throw mismatch(type, wanted)
        }
    }

    private static func convertArray(
        _ bytes: RawSpan, _ element: PostgresType, _ wanted: PostgresType, of type: PostgresType,
        into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        let header = try ArrayHeader(bytes, type: type, element: element)
        let hasNulls: Int32 = bytes.bigEndian(at: 4)
        try ArrayHeader.append(
            lengths: header.lengths(in: bytes), lowerBounds: header.lowerBounds(in: bytes), element: wanted,
            hasNulls: hasNulls != 0, to: &buffer)
        var offset = header.byteCount
        for _ in 0..<header.count {
            guard let cell = try ArrayHeader.cell(at: &offset, in: bytes, type: type) else {
                buffer.append(Int32(-1))
                continue
            }
            try buffer.appendLengthPrefixed { buffer throws(PostgresError) in
                try convert(bytes.extracting(cell), from: element, to: wanted, into: &buffer)
            }
        }
    }

    private static func convertRange(
        _ bytes: RawSpan, _ bound: PostgresType, _ wanted: PostgresType, of type: PostgresType,
        into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        let parts = try RangeBytes(bytes, type: type)
        buffer.append(parts.flags)
        for cell in [parts.lower, parts.upper] {
            guard let cell else { continue }
            try buffer.appendLengthPrefixed { buffer throws(PostgresError) in
                try convert(bytes.extracting(cell), from: bound, to: wanted, into: &buffer)
            }
        }
    }
}

/// The text form of values that are made of others, as the server writes it.
extension ParameterRecoding {
    /// A value within a value within a value: what says it goes deeper than this is no value of a real server.
    private static let maximumDepth = 100
    /// Each level doubles the quotes of those below it, so that a few hundred bytes could become a text that no memory
    /// holds. Deeper than `depthOfLongTexts` an item's text is not longer than `longestDeepText`.
    private static let depthOfLongTexts = 8
    private static let longestDeepText = 64 * 1024

    static func appendContainerText(
        of bytes: RawSpan, _ type: PostgresType, for wanted: PostgresType, depth: Int, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        guard depth < maximumDepth else {
            throw PostgresError(.decodingFailed, "a value of \(type) has others within it too many times")
        }
        let base = type.base
        if base != type {
            try appendText(of: bytes, base, for: wanted, depth: depth + 1, to: &buffer)
        } else if type == .anyArray || type.element != nil {
            try appendArray(bytes, type, for: wanted, depth: depth + 1, to: &buffer)
        } else if let bound = type.rangeBound {
            try appendRange(bytes, bound, type, for: wanted, depth: depth + 1, to: &buffer)
        } else if let range = type.multirangeRange, let bound = range.rangeBound {
            var isFirst = true
            buffer.append(UInt8(ascii: "{"))
            try RangeBytes.forEach(in: bytes, type: type) { (cell) throws(PostgresError) in
                if !isFirst { buffer.append(UInt8(ascii: ",")) }
                isFirst = false
                try appendRange(cell, bound, range, for: wanted, depth: depth + 1, to: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        } else if type == .record {
            try appendRecord(bytes, [], type, for: wanted, depth: depth + 1, to: &buffer)
        } else if case .composite(let attributes)? = type.info?.kind {
            try appendRecord(bytes, attributes, type, for: wanted, depth: depth + 1, to: &buffer)
        } else {
            try appendNamedText(of: bytes, type, for: wanted, to: &buffer)
        }
    }

    /// A type that is known by its name.
    private static func appendNamedText(
        of bytes: RawSpan, _ type: PostgresType, for wanted: PostgresType, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        switch (type.info?.kind, type.info?.name) {
        case (.enumeration?, _), (.base?, "citext"?):
            buffer.append(bytes)
        case (.base?, "hstore"?):
            buffer.append(utf8: try PostgresHstore(binary: bytes, type: type).description)
        case (.base?, "ltree"?):
            buffer.append(utf8: try PostgresLTree(binary: bytes, type: type).description)
        case (.base?, "lquery"?):
            buffer.append(utf8: try PostgresLQuery(binary: bytes, type: type).description)
        case (.base?, "ltxtquery"?):
            buffer.append(utf8: try PostgresLTxtQuery(binary: bytes, type: type).description)
        default:
            switch type {
            case .unknown, .cstring, .void, .refcursor: buffer.append(bytes)
            default: throw mismatch(type, wanted)
            }
        }
    }

    /// `[0:1][1:2]={{a,b},{NULL,"c d"}}` (PostgreSQL documentation, "Array Input and Output Syntax").
    private static func appendArray(
        _ bytes: RawSpan, _ type: PostgresType, for wanted: PostgresType, depth: Int, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        let header = try ArrayHeader(bytes, type: type, element: type.element)
        let lengths = header.lengths(in: bytes)
        let lowerBounds = header.lowerBounds(in: bytes)
        guard header.count > 0 else {
            buffer.append(utf8: "{}")
            return
        }
        if lowerBounds.contains(where: { $0 != 1 }) {
            for (length, lower) in zip(lengths, lowerBounds) { buffer.append(utf8: "[\(lower):\(lower + length - 1)]") }
            buffer.append(UInt8(ascii: "="))
        }
        // How many elements are between the braces of each dimension.
        var sizes: [Int] = []
        for length in lengths.reversed() { sizes.insert((sizes.first ?? 1) * length, at: 0) }
        let delimiter = type == .boxArray ? UInt8(ascii: ";") : UInt8(ascii: ",")
        var offset = header.byteCount
        var text = PostgresBuffer()
        for index in 0..<header.count {
            if index > 0 { buffer.append(delimiter) }
            for size in sizes where index % size == 0 { buffer.append(UInt8(ascii: "{")) }
            if let cell = try ArrayHeader.cell(at: &offset, in: bytes, type: type) {
                text.removeAll()
                try appendText(of: bytes.extracting(cell), header.element, for: wanted, depth: depth, to: &text)
                try append(text, quotedFor: .array(delimiter: delimiter), depth: depth, to: &buffer)
            } else {
                buffer.append(utf8: "NULL")
            }
            for size in sizes where (index + 1) % size == 0 { buffer.append(UInt8(ascii: "}")) }
        }
    }

    /// `[1,5)` (PostgreSQL documentation, "Range Input/Output").
    private static func appendRange(
        _ bytes: RawSpan, _ bound: PostgresType, _ type: PostgresType, for wanted: PostgresType, depth: Int,
        to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        let parts = try RangeBytes(bytes, type: type)
        if parts.flags & RangeBytes.empty != 0 {
            buffer.append(utf8: "empty")
            return
        }
        var text = PostgresBuffer()
        buffer.append(UInt8(ascii: parts.flags & RangeBytes.lowerInclusive != 0 ? "[" : "("))
        if let cell = parts.lower {
            try appendText(of: bytes.extracting(cell), bound, for: wanted, depth: depth, to: &text)
            try append(text, quotedFor: .range, depth: depth, to: &buffer)
        }
        buffer.append(UInt8(ascii: ","))
        if let cell = parts.upper {
            text.removeAll()
            try appendText(of: bytes.extracting(cell), bound, for: wanted, depth: depth, to: &text)
            try append(text, quotedFor: .range, depth: depth, to: &buffer)
        }
        buffer.append(UInt8(ascii: parts.flags & RangeBytes.upperInclusive != 0 ? "]" : ")"))
    }

    /// `(1,"a b",)` (PostgreSQL documentation, "Composite Type Input and Output Syntax").
    private static func appendRecord(
        _ bytes: RawSpan, _ attributes: [PostgresTypeInfo.Attribute], _ type: PostgresType, for wanted: PostgresType,
        depth: Int, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        guard bytes.byteCount >= 4 else { throw CompositeReader.error(type, "it is cut off") }
        let count: Int32 = bytes.bigEndian(at: 0)
        guard count >= 0, Int(count) <= (bytes.byteCount - 4) / 8 else {
            throw CompositeReader.error(type, "it says it has more fields than it has room for")
        }
        var offset = 4
        var text = PostgresBuffer()
        buffer.append(UInt8(ascii: "("))
        for index in 0..<Int(count) {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            let known = index < attributes.count ? attributes[index].type : nil
            let field = try CompositeReader.field(at: &offset, in: bytes, type, known: known)
            guard let cell = field.cell else { continue }
            text.removeAll()
            do throws(PostgresError) {
                try appendText(of: bytes.extracting(cell), field.type, for: wanted, depth: depth, to: &text)
            } catch {
                throw known == nil ? error : error.inField(attributes[index].name)
            }
            try append(text, quotedFor: .record, depth: depth, to: &buffer)
        }
        guard offset == bytes.byteCount else { throw CompositeReader.error(type, "there are bytes left over") }
        buffer.append(UInt8(ascii: ")"))
    }

    /// What the text form of a container is, where it is about quotes.
    private enum Quoting {
        case array(delimiter: UInt8)
        case range
        case record

        func needsQuotes(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x20, 0x09...0x0D: return true
            default: break
            }
            switch self {
            case .array(let delimiter):
                return byte == delimiter || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
            case .record:
                return byte == UInt8(ascii: ",") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
            case .range:
                return byte == UInt8(ascii: ",") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
                    || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
            }
        }
    }

    /// Appends an item, quoted where it must be.
    private static func append(
        _ text: borrowing PostgresBuffer, quotedFor quoting: Quoting, depth: Int, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        guard depth <= depthOfLongTexts || text.count <= longestDeepText else {
            throw PostgresError(.decodingFailed, "the text of a value that is deep within others is too long")
        }
        text.withUnsafeBytes { bytes in
            var isQuoted = bytes.isEmpty || bytes.contains { quoting.needsQuotes($0) }
            if case .array = quoting, bytes.count == 4 {
                isQuoted = isQuoted || String(decoding: bytes, as: UTF8.self).uppercased() == "NULL"
            }
            guard isQuoted else {
                buffer.append(bytes)
                return
            }
            buffer.append(UInt8(ascii: "\""))
            for byte in bytes {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    if case .array = quoting { buffer.append(UInt8(ascii: "\\")) } else { buffer.append(byte) }
                }
                buffer.append(byte)
            }
            buffer.append(UInt8(ascii: "\""))
        }
    }
}
