/// The help texts, made from what the commands say of themselves.
enum Help {
    /// `egret --help`.
    static func overview(_ commands: [any Command.Type]) -> String {
        let names = commands.map { ($0.name, $0.summary) }
        return """
            egret: a PostgreSQL driver's command line: imports, verifies, runs private servers

            Usage: egret <command> [options]

            Commands:
            \(columns(names))

            `egret <command> --help` tells more about each. Every command takes --json.
            Exit codes: 0 done, 1 failed or a difference was found, 2 the command line makes no sense, 130 interrupted.
            """
    }

    /// `egret COMMAND --help`.
    static func text(_ command: any Command.Type) -> String {
        var text = "egret \(command.name): \(command.summary)\n\nUsage: \(usage(command))\n"
        if !command.operands.isEmpty {
            text += "\nArguments:\n" + columns(command.operands.map { ("<\($0.name)>", $0.help) }) + "\n"
        }
        let options = (command.options + CommandOption.common).map { option in
            ("--\(option.name)" + (option.value.map { " " + $0 } ?? ""), option.help)
        }
        text += "\nOptions:\n" + columns(options)
        if !command.examples.isEmpty {
            text +=
                "\n\nExamples:\n" + command.examples.map { "  \($0.line)\n      \($0.purpose)" }.joined(separator: "\n")
        }
        return text
    }

    private static func usage(_ command: any Command.Type) -> String {
        let operands = command.operands.map { operand in
            let name = "<\(operand.name)>" + (operand.repeats ? "..." : "")
            return operand.isRequired ? name : "[\(name)]"
        }
        return (["egret \(command.name)"] + operands + ["[options]"]).joined(separator: " ")
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map { $0.0.count }.max() ?? 0
        return rows.map { left, right in
            "  " + left + String(repeating: " ", count: width - left.count + 2) + right
        }.joined(separator: "\n")
    }
}
