import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The command line: finds the command, runs it, turns what came of it into an exit code.
@main
enum Egret {
    /// Every command, in the order of the help.
    static let commands: [any Command.Type] = [
        DemoCommand.self,
        ImportCommand.self,
        VerifyCommand.self,
        ReadyCommand.self,
        ServerCommand.self,
    ]

    static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line.
    static func run(_ words: [String]) async -> Int32 {
        // Before the command is known, so that errors of usage are JSON too.
        let terminal = Terminal(json: words.prefix { $0 != "--" }.contains("--json"))
        guard let name = words.first(where: { $0 != "--json" }), !["--help", "-h", "help"].contains(name) else {
            terminal.line(Help.overview(commands))
            return words.isEmpty ? 2 : 0
        }
        guard let type = commands.first(where: { $0.name == name }) else {
            let suggestion = Suggestion.text(for: name, among: commands.map { $0.name })
            terminal.fail("there is no command \(name)" + suggestion, advice: "`egret --help` lists them")
            return 2
        }
        var rest = words
        if let index = rest.firstIndex(of: name) { rest.remove(at: index) }
        let command: any Command
        do throws(UsageError) {
            let arguments = try ParsedArguments(rest, operands: type.operands, options: type.options)
            if arguments.flag("help") {
                terminal.line(Help.text(type))
                return 0
            }
            command = try type.init(arguments)
        } catch {
            terminal.fail(error.message, advice: "`egret \(name) --help` tells what it takes")
            return 2
        }
        return await run(command, terminal)
    }

    private static func run(_ command: any Command, _ terminal: Terminal) async -> Int32 {
        let outcome = await Interruption.watching { () -> Int32 in
            do {
                try await command.run(terminal)
                return 0
            } catch {
                terminal.drawBar("")
                if let error = error as? QuietExit { return error.code }
                if !Task.isCancelled { show(error, terminal) }
                return 1
            }
        }
        guard let signal = outcome.signal else { return outcome.result }
        terminal.note("interrupted")
        return 128 + signal
    }

    private static func show(_ error: any Error, _ terminal: Terminal) {
        switch error {
        case let error as CommandError: terminal.fail(error.message, advice: error.advice)
        case is DifferenceFound: break
        case var error as PostgresError:
            let advice = error.advice
            error.advice = nil
            terminal.fail(error.description, advice: advice)
        default: terminal.fail("\(error)", advice: nil)
        }
    }
}

/// Thrown by a command that has reported by itself what is wrong; exit code 1 and no more words.
struct DifferenceFound: Error {}

/// Thrown by a command that has nothing to add, with the exit code that somebody else decided.
struct QuietExit: Error {
    var code: Int32
}
