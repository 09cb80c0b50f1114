import Foundation
import Postgres

// One workload of the peers' suite, against the server that the PG* variables name: `Benchmarks WORKLOAD`.
// Prints one JSON line; ends with 2 when it does not offer the workload.

let arguments = ProcessInfo.processInfo.arguments
guard arguments.count > 1, let workload = Workload(rawValue: arguments[1]) else {
    let names = Workload.allCases.map(\.rawValue).joined(separator: " ")
    FileHandle.standardError.write(Data("usage: Benchmarks WORKLOAD\nworkloads: \(names)\n".utf8))
    exit(2)
}
do {
    try await workload.run(try PostgresConfiguration.fromEnvironment())
} catch {
    FileHandle.standardError.write(Data("\(workload.rawValue): \(error)\n".utf8))
    exit(1)
}
