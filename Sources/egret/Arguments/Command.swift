/// One thing that `egret` does.
///
/// A command describes itself, is made from what the user typed, and runs. Everything else — help, `--json`, errors,
/// Ctrl-C, exit codes — is done for it by `Egret`.
protocol Command: Sendable {
    /// What the user types after `egret`.
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// What it takes without a name, in order.
    static var operands: [CommandOperand] { get }
    /// What it takes by name, beside the options every command has.
    static var options: [CommandOption] { get }
    /// Whole command lines, each with what it is for.
    static var examples: [(line: String, purpose: String)] { get }

    /// Takes what was typed. Names and counts have been checked against `options` and `operands` already.
    /// - Throws: `UsageError` when a value makes no sense.
    init(_ arguments: ParsedArguments) throws(UsageError)

    /// Does it. Cancellation of the task means Ctrl-C: clean up and throw.
    /// - Throws: any error; a `PostgresError` or `CommandError` is shown with its advice, exit code 1.
    func run(_ terminal: Terminal) async throws
}

/// Something a command takes without a name.
struct CommandOperand: Sendable {
    /// As it stands in the usage line, without brackets: `source`.
    var name: String
    /// One sentence.
    var help: String
    /// False when it may be left out.
    var isRequired = true
    /// True when any number of them may follow each other. Only for the last.
    var repeats = false
}

/// Something a command takes by name.
struct CommandOption: Sendable {
    /// The long name without dashes: `dry-run`.
    var name: String
    /// What stands for its value in the help: `URL`; nil for a flag.
    var value: String?
    /// One sentence.
    var help: String
    /// True when it may be given more than once.
    var repeats = false

    /// An option that is there or not.
    static func flag(_ name: String, _ help: String) -> CommandOption {
        CommandOption(name: name, value: nil, help: help)
    }

    /// An option with a value.
    static func value(_ name: String, _ value: String, _ help: String, repeats: Bool = false) -> CommandOption {
        CommandOption(name: name, value: value, help: help, repeats: repeats)
    }

    /// What every command has.
    static let common = [
        flag("json", "Print the result as one JSON object"),
        flag("help", "Show this help"),
    ]
}

/// The command line makes no sense; exit code 2.
struct UsageError: Error {
    var message: String
    init(_ message: String) { self.message = message }
}

/// A command could not do what it was asked; exit code 1.
struct CommandError: Error {
    /// One sentence.
    var message: String
    /// What to do about it.
    var advice: String?
    init(_ message: String, advice: String? = nil) {
        self.message = message
        self.advice = advice
    }
}
