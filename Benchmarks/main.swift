import Foundation
import Postgres

// Workloads of the peers' suite, against the server that the PG* variables name; `Benchmarks --help` has the rest.
// Ends with 2 when it does not offer what is asked for.

func complain(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

let arguments = Array(ProcessInfo.processInfo.arguments.dropFirst())
guard let options = Options(arguments) else {
    complain(Options.help)
    exit(2)
}
if options.counts, !Calls.count() {
    complain("calls can be counted in dynamic executables with glibc only\n")
    exit(2)
}
if case .check = options.task {
    // Polling for the answer saves the allocation of a suspension, where the answer comes in time: the limits are of
    // the driver, not of how busy the machine is.
    setenv("EGRET_POLLING", "off", 1)
}
do {
    switch options.task {
    case .help: print(Options.help, terminator: "")
    case .empty: print("{\"peer\":\"egret\",\"workload\":\"empty\",\"max_rss_mb\":\(ResidentMemory.peak)}")
    case .tables: try await Tables.make(try .fromEnvironment(), events: options.number ?? 1_000_000)
    case .check: exit(try await Threshold.check(try .fromEnvironment(), options) ? 0 : 1)
    case .measure(let workload): print(try await workload.run(try .fromEnvironment(), options).json)
    case .trial(let trial): exit(try await trial.run(try .fromEnvironment(), options) ? 0 : 1)
    }
} catch {
    complain("\(arguments[0]): \(error)\n")
    exit(1)
}
