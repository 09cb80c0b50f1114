import Testing

@testable import egret

@Suite struct ArgumentTests {
    private let operands = [
        CommandOperand(name: "source", help: ""), CommandOperand(name: "more", help: "", isRequired: false),
    ]
    private let options: [CommandOption] = [
        .flag("dry-run", ""), .value("into", "URL", ""), .value("jobs", "N", ""),
        .value("only", "TABLE", "", repeats: true),
    ]

    private func parse(_ line: String) throws(UsageError) -> ParsedArguments {
        try ParsedArguments(line.split(separator: " ").map(String.init), operands: operands, options: options)
    }

    @Test func sortsOperandsOptionsAndFlags() throws {
        let parsed = try parse("a.db --into postgres://h/d --dry-run --jobs=4 --only x --only=y=z b")
        #expect(parsed.operands == ["a.db", "b"])
        #expect(parsed.value("into") == "postgres://h/d")
        #expect(parsed.flag("dry-run") && !parsed.flag("json"))
        #expect(try parsed.integer("jobs", in: 1...8) == 4)
        #expect(parsed.values("only") == ["x", "y=z"])
    }

    @Test func takesEverythingAfterTwoDashesAsItIs() throws {
        #expect(try parse("-- --into -x").operands == ["--into", "-x"])
        #expect(try parse("-").operands == ["-"])
    }

    @Test func asksForNothingBesideHelp() throws {
        #expect(try parse("--help").flag("help"))
        #expect(try parse("-h").flag("help"))
    }

    @Test(arguments: [
        ("a --inot x", "unknown option --inot; did you mean --into?"),
        ("a --wholly-other", "unknown option --wholly-other"),
        ("a -x", "unknown option -x"),
        ("a --into", "--into needs a value: URL"),
        ("a --dry-run=yes", "--dry-run takes no value"),
        ("a --into x --into y", "--into is given twice"),
        ("", "<source> is missing"),
        ("a b c", "unexpected argument c"),
    ])
    func saysWhatIsWrong(_ line: String, _ message: String) {
        let error = #expect(throws: UsageError.self) { try parse(line) }
        #expect(error?.message == message)
    }

    @Test(arguments: ["0", "9", "x", "", "99999999999999999999"])
    func refusesNumbersOutOfRange(_ text: String) throws {
        let parsed = try parse("a --jobs=\(text)")
        #expect(throws: UsageError.self) { try parsed.integer("jobs", in: 1...8) }
    }

    @Test func suggestsOnlyWhatIsNear() {
        let known = ["import", "verify", "server"]
        #expect(Suggestion.nearest(to: "imoprt", among: known) == "import")
        #expect(Suggestion.nearest(to: "verfy", among: known) == "verify")
        #expect(Suggestion.nearest(to: "demo", among: known) == nil)
        #expect(Suggestion.nearest(to: "x", among: []) == nil)
    }

    @Test func everyCommandDescribesItself() {
        for command in Egret.commands {
            let help = Help.text(command)
            for option in command.options { #expect(help.contains("--\(option.name)")) }
            #expect(Help.overview(Egret.commands).contains("  \(command.name)  "))
        }
    }

    @Test func readyTakesAServerAndATime() throws {
        func command(_ line: String) throws(UsageError) -> ReadyCommand {
            try ReadyCommand(
                ParsedArguments(
                    line.split(separator: " ").map(String.init), operands: ReadyCommand.operands,
                    options: ReadyCommand.options))
        }
        _ = try command("--url postgres://h/d --timeout 0")
        _ = try command("")
        for line in ["--timeout -1", "--timeout soon", "--timeout 1000000", "now"] {
            #expect(throws: UsageError.self) { _ = try command(line) }
        }
    }
}
