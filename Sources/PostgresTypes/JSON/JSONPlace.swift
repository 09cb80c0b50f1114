/// Where something is within a JSON value.
enum JSONPlace {
    /// A step from a value to one of its own.
    enum Step {
        case key(String)
        case index(Int)
        /// An object whose next key is not read yet.
        case object
    }

    /// `$.orders[2].note`; keys that are no plain words in quotes.
    static func text(_ steps: some Sequence<Step>) -> String {
        var text = "$"
        for step in steps {
            switch step {
            case .object: break
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                let isWord = !key.isEmpty && key.utf8.allSatisfy { isPlain($0) }
                text += isWord ? ".\(key)" : ".\(JSONValue.string(key).json())"
            }
        }
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// The way to the byte at `offset`, in a text that may be no JSON from there on. Reads the text once more, which only
    /// errors pay for.
    static func path(to offset: Int, in bytes: UnsafeRawBufferPointer) -> String {
        var steps: [Step] = []
        var index = 0
        let end = min(offset, bytes.count)
        /// The last string that ended, which is a key when a colon follows.
        var lastString = 0..<0
        while index < end {
            switch bytes[index] {
            case UInt8(ascii: "{"): steps.append(.object)
            case UInt8(ascii: "["): steps.append(.index(0))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = steps.popLast()
            case UInt8(ascii: ","):
                switch steps.last {
                case .index(let number): steps[steps.count - 1] = .index(number + 1)
                case .key: steps[steps.count - 1] = .object
                default: break
                }
            case UInt8(ascii: ":"):
                if case .object? = steps.last { steps[steps.count - 1] = .key(key(bytes, lastString)) }
            case UInt8(ascii: "\""):
                let start = index
                index += 1
                while index < end, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                lastString = start..<min(index + 1, bytes.count)
            default: break
            }
            index += 1
        }
        return text(steps)
    }

    private static func key(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        return (try? JSONParser.parse(text))?.string ?? ""
    }
}

extension JSONValue {
    /// The place of a string or key that holds U+0000, which neither `text` nor `jsonb` has room for: `$.orders[2].note`.
    /// Nil when there is none.
    public var pathOfNUL: String? {
        guard containsNUL else { return nil }
        var steps: [JSONPlace.Step] = []
        var value = self
        // Down to the one that holds it.
        while true {
            switch value {
            case .array(let elements):
                guard let index = elements.firstIndex(where: { $0.containsNUL }) else { return JSONPlace.text(steps) }
                steps.append(.index(index))
                value = elements[index]
            case .object(let object):
                guard let member = object.members.first(where: { $0.key.utf8.contains(0) || $0.value.containsNUL })
                else {
                    return JSONPlace.text(steps)
                }
                steps.append(.key(member.key))
                if member.key.utf8.contains(0) { return JSONPlace.text(steps) }
                value = member.value
            default: return JSONPlace.text(steps)
            }
        }
    }
}
