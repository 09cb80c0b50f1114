/// What the user typed after the name of a command, sorted by what the command says it takes.
struct ParsedArguments: Sendable {
    /// What came without a name, in order.
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]

    /// Sorts `words`. `--name value`, `--name=value`, `--flag`, `-h`; after `--` everything is an operand.
    /// - Throws: `UsageError` for an unknown option (with the nearest one there is), a missing or unwanted value, too
    ///   few or too many operands.
    init(_ words: [String], operands expected: [CommandOperand], options: [CommandOption]) throws(UsageError) {
        let options = options + CommandOption.common
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let typed = parts[0] == "-h" ? "--help" : parts[0]
            guard typed.hasPrefix("--"), let option = options.first(where: { "--" + $0.name == typed }) else {
                throw UsageError(
                    "unknown option \(parts[0])" + Suggestion.text(for: typed, among: options.map { "--" + $0.name }))
            }
            let value = try Self.value(of: option, given: parts.count > 1 ? parts[1] : nil, &rest)
            if values[option.name] != nil && !option.repeats && option.value != nil {
                throw UsageError("\(typed) is given twice")
            }
            values[option.name, default: []].append(value)
        }
        if !flag("help") { try checkOperands(expected) }
    }

    private static func value(
        of option: CommandOption, given: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        switch (option.value, given) {
        case (nil, nil): return ""
        case (nil, .some): throw UsageError("--\(option.name) takes no value")
        case (.some, let given?): return given
        case (let name?, nil):
            guard let next = rest.popFirst() else { throw UsageError("--\(option.name) needs a value: \(name)") }
            return next
        }
    }

    private func checkOperands(_ expected: [CommandOperand]) throws(UsageError) {
        let required = expected.count { $0.isRequired }
        if operands.count < required { throw UsageError("<\(expected[operands.count].name)> is missing") }
        if operands.count > expected.count && expected.last?.repeats != true {
            throw UsageError("unexpected argument \(operands[expected.count])")
        }
    }

    /// True when the flag was given.
    func flag(_ name: String) -> Bool { values[name] != nil }

    /// The value of an option, nil when it was not given.
    func value(_ name: String) -> String? { values[name]?.last }

    /// Every value of an option that may be repeated.
    func values(_ name: String) -> [String] { values[name] ?? [] }

    /// The value of an option as a whole number.
    /// - Throws: `UsageError` when it is none, or not in `range`.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }
}
