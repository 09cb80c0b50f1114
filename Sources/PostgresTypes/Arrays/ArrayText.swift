import PostgresWire

/// The text form of an array taken apart: `{{1,2},{NULL,"a b"}}`, `[2:3]={1,2}` (PostgreSQL documentation, "Array Input
/// and Output Syntax").
///
/// Everything is allocated by what has been read, never by a number in the text.
struct ArrayText {
    /// The length of each dimension; none for an array without elements.
    private(set) var lengths: [Int] = []
    private(set) var lowerBounds: [Int] = []
    /// The elements' texts, nil for NULL, the last index changing fastest.
    private(set) var cells: [String?] = []

    private var scanner: QuotedTextScanner
    private let type: PostgresType

    init(_ text: String, type: PostgresType) throws(PostgresError) {
        self.type = type
        var delimiter = UInt8(ascii: ",")
        if case .array(_, let character)? = type.base.info?.kind { delimiter = character }
        // The one built-in type whose elements have commas in them (`typdelim` of pg_type).
        if type == .boxArray { delimiter = UInt8(ascii: ";") }
        scanner = QuotedTextScanner(
            text, endings: [delimiter, UInt8(ascii: "}")], isBlankSkipped: true, doublesQuotes: false)
        let stated = try bounds()
        try array(depth: 0, delimiter: delimiter)
        scanner.skipBlanks()
        guard scanner.isAtEnd else { throw malformed() }
        if cells.isEmpty { lengths = [] }
        if let stated {
            guard stated.map(\.length) == lengths else { throw malformed() }
            lowerBounds = stated.map(\.lowerBound)
        } else {
            lowerBounds = lengths.map { _ in 1 }
        }
    }

    private func malformed() -> PostgresError { ArrayHeader.error(type, "its text is malformed") }

    /// `[2:3][-1:0]=` before the elements; nil where there is none.
    private mutating func bounds() throws(PostgresError) -> [(lowerBound: Int, length: Int)]? {
        scanner.skipBlanks()
        var bounds: [(lowerBound: Int, length: Int)] = []
        while scanner.takes(UInt8(ascii: "[")) {
            guard let first = scanner.integer() else { throw malformed() }
            var (lower, upper) = (1, first)
            if scanner.takes(UInt8(ascii: ":")) {
                guard let second = scanner.integer() else { throw malformed() }
                (lower, upper) = (first, second)
            }
            guard scanner.takes(UInt8(ascii: "]")), upper >= lower, bounds.count < ArrayHeader.maximumDimensions else {
                throw malformed()
            }
            bounds.append((lower, upper - lower + 1))
        }
        if bounds.isEmpty { return nil }
        guard scanner.takes(UInt8(ascii: "=")) else { throw malformed() }
        return bounds
    }

    /// One brace to the other.
    private mutating func array(depth: Int, delimiter: UInt8) throws(PostgresError) {
        guard depth < ArrayHeader.maximumDimensions else { throw malformed() }
        scanner.skipBlanks()
        guard scanner.takes(UInt8(ascii: "{")) else { throw malformed() }
        var count = 0
        var hasArrays = false
        scanner.skipBlanks()
        if scanner.takes(UInt8(ascii: "}")) {
            // `{}` is an array without elements; within another one it would be a dimension of length 0.
            guard depth == 0 else { throw malformed() }
            return
        }
        repeat {
            scanner.skipBlanks()
            if scanner.next == UInt8(ascii: "{") {
                guard count == 0 || hasArrays else { throw malformed() }
                hasArrays = true
                try array(depth: depth + 1, delimiter: delimiter)
            } else {
                guard !hasArrays else { throw malformed() }
                guard let item = scanner.item() else { throw malformed() }
                // Only where it is not quoted does NULL mean what it says.
                if !item.isQuoted, item.text.isEmpty { throw malformed() }
                let isNull = !item.isQuoted && item.text.lowercased() == "null"
                cells.append(isNull ? nil : item.text)
            }
            count += 1
        } while scanner.takes(delimiter)
        guard scanner.takes(UInt8(ascii: "}")) else { throw malformed() }
        try check(count, depth: depth, isInnermost: !hasArrays)
    }

    /// The innermost dimension is measured first: `lengths` is filled from its end.
    private mutating func check(_ count: Int, depth: Int, isInnermost: Bool) throws(PostgresError) {
        if isInnermost, lengths.isEmpty { lengths = Array(repeating: -1, count: depth + 1) }
        guard depth < lengths.count, !isInnermost || depth == lengths.count - 1 else { throw malformed() }
        if lengths[depth] == -1 { lengths[depth] = count }
        guard lengths[depth] == count else { throw malformed() }
    }
}
