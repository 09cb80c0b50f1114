/// The text form of queries. Neither way calls itself, however deep the parentheses are.
extension PostgresTSQuery {
    /// Reads `'fat' & ( 'rat':*AB | !'cat' ) <2> 'dog'`; nil for what is no query. White space alone is the empty query.
    public init?(_ description: String) {
        guard let items = TextScanner.read(description, { PostgresTSQuery.parse(&$0) }) else { return nil }
        self.init(items: items)
    }

    /// What waits for its right operand.
    private enum Waiting {
        case item(Item)
        case parenthesis
    }

    /// Puts operators after their operands, tighter ones first; read backwards that is the order on the wire.
    private static func parse(_ scanner: inout TextScanner) -> [Item]? {
        var output: [Item] = []
        var waiting: [Waiting] = []
        var wantsOperand = true
        /// Moves what binds as tightly as `priority` or tighter, down to the last parenthesis.
        func settle(_ priority: Int) {
            while case .item(let item)? = waiting.last, item.priority >= priority {
                output.append(item)
                waiting.removeLast()
            }
        }
        scanner.skipSpaces()
        if scanner.isAtEnd { return [] }
        while true {
            scanner.skipSpaces()
            if wantsOperand {
                if scanner.takes("!") {
                    waiting.append(.item(.not))
                } else if scanner.takes("(") {
                    waiting.append(.parenthesis)
                } else {
                    guard let lexeme = lexeme(&scanner) else { return nil }
                    output.append(.lexeme(lexeme))
                    wantsOperand = false
                }
            } else if scanner.isAtEnd {
                settle(0)
                return waiting.isEmpty ? output.reversed() : nil
            } else if scanner.takes(")") {
                settle(0)
                guard case .parenthesis? = waiting.popLast() else { return nil }
            } else {
                guard let item = joiner(&scanner) else { return nil }
                settle(item.priority)
                waiting.append(.item(item))
                wantsOperand = true
            }
        }
    }

    private static func joiner(_ scanner: inout TextScanner) -> Item? {
        if scanner.takes("&") { return .and }
        if scanner.takes("|") { return .or }
        guard scanner.takes("<") else { return nil }
        if scanner.takes("-") { return scanner.takes(">") ? .phrase(distance: 1) : nil }
        guard let distance = scanner.unsigned(UInt16.self), Int(distance) <= maximumDistance, scanner.takes(">") else {
            return nil
        }
        return .phrase(distance: distance)
    }

    private static func lexeme(_ scanner: inout TextScanner) -> Lexeme? {
        guard let text = scanner.lexeme() else { return nil }
        var lexeme = Lexeme(text)
        if scanner.takes(":") {
            while true {
                if scanner.takes("*") {
                    lexeme.isPrefix = true
                } else if let weight = scanner.weight() {
                    lexeme.weights.insert(weight)
                } else {
                    break
                }
            }
        }
        return lexeme
    }

    /// What is still to be written.
    private enum Work {
        case text(String)
        /// The operand that begins at an index, under an operator of this priority.
        case operand(at: Int, under: Int, isRightOfPhrase: Bool)
    }

    /// The server's text: parentheses only where they are needed.
    public var description: String {
        guard !items.isEmpty else { return "" }
        let sizes = operandSizes
        var text = ""
        var work: [Work] = [.operand(at: 0, under: 0, isRightOfPhrase: false)]
        while let next = work.popLast() {
            guard case .operand(let index, let parent, let isRightOfPhrase) = next else {
                if case .text(let piece) = next { text += piece }
                continue
            }
            let item = items[index]
            if case .lexeme(let lexeme) = item {
                PostgresTSQuery.append(lexeme, to: &text)
                continue
            }
            var isPhrase = false
            if case .phrase = item { isPhrase = true }
            let isEnclosed = item.priority < parent || (isPhrase && isRightOfPhrase)
            if isEnclosed {
                text += "( "
                work.append(.text(" )"))
            }
            let right = Work.operand(at: index + 1, under: item.priority, isRightOfPhrase: isPhrase)
            work.append(right)
            if item == .not {
                text += "!"
            } else {
                work.append(.text(PostgresTSQuery.joinerText(item)))
                work.append(.operand(at: index + 1 + sizes[index + 1], under: item.priority, isRightOfPhrase: false))
            }
        }
        return text
    }

    /// For each item, how many there are in the operand that begins with it.
    private var operandSizes: [Int] {
        var sizes = [Int](repeating: 1, count: items.count)
        for index in items.indices.reversed() {
            switch items[index].operandCount {
            case 0: break
            case 1: sizes[index] += sizes[index + 1]
            default:
                let right = sizes[index + 1]
                sizes[index] += right + sizes[index + 1 + right]
            }
        }
        return sizes
    }

    private static func joinerText(_ item: Item) -> String {
        switch item {
        case .and: " & "
        case .or: " | "
        case .phrase(distance: 1): " <-> "
        case .phrase(let distance): " <\(distance)> "
        case .not, .lexeme: ""
        }
    }

    private static func append(_ lexeme: Lexeme, to text: inout String) {
        LexemeText.append(lexeme.text, to: &text)
        guard lexeme.isPrefix || !lexeme.weights.isEmpty else { return }
        text += lexeme.isPrefix ? ":*" : ":"
        for weight in lexeme.weights.sorted(by: >) { text += weight.letter }
    }
}
