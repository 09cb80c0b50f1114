public import PostgresWire

/// A document as text search sees it: `tsvector`, the lexemes that occur and where.
///
///     let vector = PostgresTSVector("'cat':3A 'fat':2,4")
///
/// Lexemes are told apart by their bytes, as the server does, and not as Swift compares strings.
public struct PostgresTSVector: PostgresTextConvertible {
    /// How much an occurrence counts; `d` is what a word has that nobody gave a weight.
    public enum Weight: UInt8, Hashable, Sendable, Comparable, CaseIterable {
        case d, c, b, a

        public static func < (left: Weight, right: Weight) -> Bool { left.rawValue < right.rawValue }

        /// `A` to `D`.
        var letter: String {
            switch self {
            case .a: "A"
            case .b: "B"
            case .c: "C"
            case .d: "D"
            }
        }
    }

    /// Where a lexeme occurs in the document.
    public struct Position: Hashable, Sendable {
        /// The word's number, 1 to 16383; the server counts what is farther on as 16383.
        public let number: Int
        public let weight: Weight

        /// Nil when the number is not 1 to 16383.
        public init?(_ number: Int, weight: Weight = .d) {
            guard 1...16383 ~= number else { return nil }
            self.number = number
            self.weight = weight
        }
    }

    /// A word in its normal form, and its places in ascending order; none where they were stripped.
    public struct Lexeme: Hashable, Sendable {
        public let text: String
        public let positions: [Position]

        /// Sorts the positions. Of two with the same number the one that counts more stays.
        public init(_ text: String, positions: [Position] = []) {
            self.text = text
            var kept: [Position] = []
            for position in positions.sorted(by: { ($0.number, $1.weight) < ($1.number, $0.weight) })
            where kept.last?.number != position.number {
                kept.append(position)
            }
            self.positions = kept
        }
    }

    /// In ascending order of their bytes, each once.
    public let lexemes: [Lexeme]

    /// Sorts the lexemes and joins those that are the same.
    public init(_ lexemes: [Lexeme]) {
        var joined: [Lexeme] = []
        for lexeme in lexemes.sorted(by: { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }) {
            if let last = joined.last, last.text.utf8.elementsEqual(lexeme.text.utf8) {
                joined[joined.count - 1] = Lexeme(last.text, positions: last.positions + lexeme.positions)
            } else {
                joined.append(lexeme)
            }
        }
        self.lexemes = joined
    }

    /// Reads lexemes with white space between, each with its positions after a colon: `'cat':3A 'fat':2,4 rat`.
    public init?(_ description: String) {
        let lexemes = TextScanner.read(description) { scanner -> [Lexeme]? in
            var lexemes: [Lexeme] = []
            scanner.skipSpaces()
            while !scanner.isAtEnd {
                guard let lexeme = PostgresTSVector.lexeme(&scanner) else { return nil }
                lexemes.append(lexeme)
                guard scanner.isAtEnd || scanner.skipSpaces() else { return nil }
            }
            return lexemes
        }
        guard let lexemes else { return nil }
        self.init(lexemes)
    }

    private static func lexeme(_ scanner: inout TextScanner) -> Lexeme? {
        guard let text = scanner.lexeme() else { return nil }
        var positions: [Position] = []
        if scanner.takes(":") {
            repeat {
                guard let number = scanner.unsigned(Int.self),
                    let position = Position(number, weight: scanner.weight() ?? .d)
                else { return nil }
                positions.append(position)
            } while scanner.takes(",")
        }
        return Lexeme(text, positions: positions)
    }

    /// The server's text.
    public var description: String {
        var text = ""
        for lexeme in lexemes {
            if !text.isEmpty { text += " " }
            LexemeText.append(lexeme.text, to: &text)
            for (index, position) in lexeme.positions.enumerated() {
                text +=
                    "\(index == 0 ? ":" : ",")\(position.number)\(position.weight == .d ? "" : position.weight.letter)"
            }
        }
        return text
    }
}

/// The binary form (`tsvectorsend` in the server's source): how many lexemes; for each its text and a zero byte, how many
/// positions, and each of them in 14 bits below two for the weight.
extension PostgresTSVector: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .tsvector }
    @inlinable public static var postgresArrayType: PostgresType { .tsvectorArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .tsvector else { throw .cannotDecode(PostgresTSVector.self, from: type) }
        let lexemes = bytes.withUnsafeBytes { bytes -> [Lexeme]? in
            var cursor = ByteCursor(bytes)
            guard let count = cursor.integer(Int32.self), count >= 0 else { return nil }
            var lexemes: [Lexeme] = []
            for _ in 0..<count {
                guard let text = cursor.cString(), let positions = cursor.integer(UInt16.self),
                    Int(positions) * 2 <= cursor.remaining
                else { return nil }
                lexemes.append(Lexeme(text, positions: (0..<positions).compactMap { _ in cursor.position() }))
                guard lexemes.last?.positions.count == Int(positions) else { return nil }
            }
            return cursor.remaining == 0 ? lexemes : nil
        }
        guard let lexemes else {
            throw .invalidBytes(PostgresTSVector.self, type: type, "it is no list of lexemes with their positions")
        }
        self.init(lexemes)
    }

    /// Throws `PostgresError.Code.encodingFailed` beyond the server's limits: 2047 bytes in a lexeme, 256 positions of it.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .tsvector else { throw .cannotEncode(PostgresTSVector.self, as: type) }
        guard let count = Int32(exactly: lexemes.count) else { throw .outOfRange(PostgresTSVector.self, as: type) }
        buffer.append(count)
        for lexeme in lexemes {
            guard LexemeText.isValid(lexeme.text), lexeme.positions.count <= 256 else {
                throw .outOfRange(PostgresTSVector.self, as: type)
            }
            buffer.append(cString: lexeme.text)
            buffer.append(UInt16(truncatingIfNeeded: lexeme.positions.count))
            for position in lexeme.positions {
                buffer.append(UInt16(position.weight.rawValue) << 14 | UInt16(truncatingIfNeeded: position.number))
            }
        }
    }
}

extension ByteCursor {
    fileprivate mutating func position() -> PostgresTSVector.Position? {
        guard let value = integer(UInt16.self), let weight = PostgresTSVector.Weight(rawValue: UInt8(value >> 14))
        else {
            return nil
        }
        return PostgresTSVector.Position(Int(value & 0x3FFF), weight: weight)
    }
}
