import Postgres
import Testing

@testable import Laboratory

/// What a run is judged by must be able to fail.
@Suite struct LedgerTests {
    private func violations(_ told: Ledger.Told, _ found: Ledger.Found?) -> [String] {
        var ledger = Ledger()
        ledger.add(7, Ledger.Entry(name: "copy", rows: 3, told: told))
        return ledger.violations(of: found.map { [7: $0] } ?? [:])
    }

    private let whole = Ledger.Found(rows: 3, numbers: 3, lowest: 0, highest: 2)

    @Test func acknowledgedWritesAreThere() {
        #expect(violations(.acknowledged, whole).isEmpty)
        #expect(violations(.acknowledged, nil).first?.contains("lost") == true)
    }

    @Test func failedWritesAreNot() {
        #expect(violations(.failed, nil).isEmpty)
        #expect(violations(.failed, whole).first?.contains("told to have failed") == true)
    }

    @Test func unknownOnesMayBeEither() {
        #expect(violations(.unknown, nil).isEmpty)
        #expect(violations(.unknown, whole).isEmpty)
    }

    @Test(arguments: Ledger.Told.allCases) func nothingIsThereTwiceOrInPart(_ told: Ledger.Told) {
        let twice = violations(told, Ledger.Found(rows: 6, numbers: 3, lowest: 0, highest: 2))
        #expect(twice.first?.contains("twice") == true)
        for part in [
            Ledger.Found(rows: 2, numbers: 2, lowest: 0, highest: 1),
            Ledger.Found(rows: 3, numbers: 3, lowest: -1, highest: 1),
            Ledger.Found(rows: 3, numbers: 3, lowest: 0, highest: 3),
        ] {
            #expect(violations(told, part).count == 1, "\(part)")
        }
    }

    @Test func rowsOfNobodyAreFound() {
        #expect(Ledger().violations(of: [1: whole]).count == 1)
    }
}

/// What errors promise to those who write.
@Suite struct VerdictTests {
    private func operation(_ kind: Operation.Kind) -> Operation {
        var random = Randomness(seed: 1, stream: 1)
        while true {
            let operation = Operation(number: 1, &random)
            if operation.kind == kind { return operation }
        }
    }

    @Test func onlyOutcomeUnknownLeavesATransactionOpen() {
        for code in [PostgresError.Code.connectionClosed, .timeout, .cancelled, .poolTimeout] {
            #expect(Verdict(PostgresError(code, ""), of: operation(.transfer)).told == .failed)
        }
        #expect(Verdict(PostgresError(.outcomeUnknown, ""), of: operation(.transfer)).told == .unknown)
        #expect(Verdict(CancellationError(), of: operation(.savepoint)).told == .failed)
    }

    @Test func aStatementAloneIsOpenUnlessItWasRefusedOrNeverSent() {
        #expect(Verdict(PostgresError(.connectionClosed, ""), of: operation(.insert)).told == .unknown)
        #expect(
            Verdict(PostgresError(.connectionClosed, "", safeToRetry: true), of: operation(.insert)).told == .failed)
    }

    @Test func whatNoFaultExplainsIsAViolation() {
        #expect(Verdict(PostgresError(.connectionClosed, ""), of: operation(.echo)).violation == nil)
        #expect(Verdict(PostgresError(.protocolViolation, ""), of: operation(.echo)).violation != nil)
        #expect(Verdict(Operation.WrongAnswer(what: "2 in place of 1"), of: operation(.echo)).violation != nil)
    }
}

@Suite struct SeedTests {
    @Test func aSeedBringsTheSameFaultsAgain() {
        func faults(_ seed: UInt64) -> [String] { (0..<200).map { "\(Fault(number: $0, seed: seed))" } }
        #expect(faults(5) == faults(5))
        #expect(faults(5) != faults(6))
        let kinds = Set((0..<2_000).map { Fault(number: $0, seed: 5, isEncrypted: true).kind })
        #expect(kinds == Set(Fault.Kind.allCases))
        // Without TLS a changed byte may be a wrong answer, and nobody's fault.
        #expect((0..<2_000).allSatisfy { ![.swallow, .corrupt].contains(Fault(number: $0, seed: 5).kind) })
    }

    @Test func optionsThatMakeNoSenseAreRefusedByName() throws {
        #expect(try Options(["--faults", "10", "--seed", "3", "--json"]).seed == 3)
        for arguments in [["--faults"], ["--faults", "0"], ["--tasks", "x"], ["--seed", "-1"], ["faults"]] {
            let misuse = #expect(throws: Options.Misuse.self) { try Options(arguments) }
            #expect(misuse?.message.contains(arguments[0]) == true)
        }
    }
}
