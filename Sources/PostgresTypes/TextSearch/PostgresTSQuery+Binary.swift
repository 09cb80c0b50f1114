public import PostgresWire

/// The binary form (`tsquerysend` in the server's source): how many items; a lexeme as 1, a bit for each weight, whether it
/// is a prefix, its text and a zero byte; an operator as 2 and its number, a phrase with the distance. An operator stands
/// before its right operand, and that before the left one.
extension PostgresTSQuery: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    private enum Operator {
        static let not: UInt8 = 1
        static let and: UInt8 = 2
        static let or: UInt8 = 3
        static let phrase: UInt8 = 4
    }

    public static var postgresType: PostgresType { .tsquery }
    public static var postgresArrayType: PostgresType { .tsqueryArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .tsquery else { throw .cannotDecode(PostgresTSQuery.self, from: type) }
        let items = bytes.withUnsafeBytes { bytes -> [Item]? in
            var cursor = ByteCursor(bytes)
            guard let count = cursor.integer(Int32.self), count >= 0 else { return nil }
            var items: [Item] = []
            // Operands still to come. Each item is one of them and brings its own.
            var open = count == 0 ? 0 : 1
            for _ in 0..<count {
                guard open > 0, let item = cursor.item() else { return nil }
                open += item.operandCount - 1
                items.append(item)
            }
            return open == 0 && cursor.remaining == 0 ? items : nil
        }
        guard let items else {
            throw .invalidBytes(PostgresTSQuery.self, type: type, "it is no tree of lexemes and operators")
        }
        self.init(items: items)
    }

    /// Throws `PostgresError.Code.encodingFailed` beyond the server's limit of 2047 bytes in a lexeme.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .tsquery else { throw .cannotEncode(PostgresTSQuery.self, as: type) }
        guard !items.isEmpty else {
            throw PostgresError(
                .encodingFailed, "the server does not take a tsquery of nothing in binary",
                advice: "Write ''::tsquery in SQL, or send NULL")
        }
        guard let count = Int32(exactly: items.count) else { throw .outOfRange(PostgresTSQuery.self, as: type) }
        buffer.append(count)
        for item in items {
            switch item {
            case .lexeme(let lexeme):
                guard LexemeText.isValid(lexeme.text) else { throw .outOfRange(PostgresTSQuery.self, as: type) }
                buffer.append(1 as UInt8)
                buffer.append(lexeme.weights.reduce(0 as UInt8) { $0 | 1 << $1.rawValue })
                buffer.append(lexeme.isPrefix ? 1 as UInt8 : 0)
                buffer.append(cString: lexeme.text)
            case .not: buffer.append([2, Operator.not])
            case .and: buffer.append([2, Operator.and])
            case .or: buffer.append([2, Operator.or])
            case .phrase(let distance):
                buffer.append([2, Operator.phrase])
                buffer.append(distance)
            }
        }
    }
}

extension ByteCursor {
    fileprivate mutating func item() -> PostgresTSQuery.Item? {
        switch integer(UInt8.self) {
        case 1:
            guard let weights = integer(UInt8.self), weights < 16, let prefix = integer(UInt8.self), prefix <= 1,
                let text = cString()
            else { return nil }
            let wanted = PostgresTSVector.Weight.allCases.filter { weights >> $0.rawValue & 1 == 1 }
            return .lexeme(PostgresTSQuery.Lexeme(text, isPrefix: prefix == 1, weights: Set(wanted)))
        case 2:
            switch integer(UInt8.self) {
            case 1: return .not
            case 2: return .and
            case 3: return .or
            case 4: return integer(UInt16.self).map { .phrase(distance: $0) }
            default: return nil
            }
        default: return nil
        }
    }
}
