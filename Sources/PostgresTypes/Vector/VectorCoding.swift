import PostgresWire

/// What the three types of the `vector` extension share.
///
/// Their OIDs differ from database to database. As parameters they go over in text, which needs none.
enum VectorCoding {
    static let vector = PostgresType(named: "vector")
    static let halfvec = PostgresType(named: "halfvec")
    static let sparsevec = PostgresType(named: "sparsevec")

    /// The most dimensions that `vector` and `halfvec` have, and the most numbers but 0 of a `sparsevec`.
    static let maximumCount = 16_000

    static func invalid<V>(_: V.Type, _ type: PostgresType) -> PostgresError {
        .invalidBytes(V.self, type: type, "its dimensions and its length disagree")
    }

    /// Writes the text for text types; true when that was done.
    static func encodeText(
        _ value: some CustomStringConvertible, into buffer: inout PostgresBuffer, as type: PostgresType
    ) -> Bool {
        guard type == .text || type == .varchar || type == .unknown else { return false }
        buffer.append(utf8: value.description)
        return true
    }

    /// `[1,2.5,3]`.
    static func text(_ numbers: [Float]) -> String {
        "[" + numbers.map { FloatText.text($0) }.joined(separator: ",") + "]"
    }

    static func read(_ text: String) -> [Float]? {
        TextScanner.read(text) { scanner in
            guard scanner.takes("[") else { return nil }
            var numbers: [Float] = []
            repeat {
                guard let number = scanner.number(Float.self), number.isFinite else { return nil }
                numbers.append(number)
            } while scanner.takes(",")
            return scanner.takes("]") ? numbers : nil
        }
    }
}
