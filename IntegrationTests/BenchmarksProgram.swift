import Foundation
import Postgres
import Testing

/// `Benchmarks`, as it was built with the tests, in a process of its own: what it counts and measures is all the process's.
enum BenchmarksProgram {
    /// Beside the tests' own program.
    private static let file = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("Benchmarks")

    /// The memory of a program under a sanitizer, and what it allocates, are the sanitizer's.
    static let isSanitized = has("__asan_init") || has("__tsan_init")

    private static func has(_ symbol: String) -> Bool { dlsym(dlopen(nil, RTLD_NOW), symbol) != nil }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// What it prints.
    /// - Throws: `Failed` with all it said when its exit code is not 0.
    static func run(_ arguments: [String], on database: PostgresConfiguration) async throws -> String {
        let process = Process()
        process.executableURL = file
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("PG") && name != "DATABASE_URL"
        }
        environment["PGHOST"] = database.host
        environment["PGPORT"] = "\(database.port)"
        environment["PGUSER"] = database.user
        environment["PGPASSWORD"] = database.password
        environment["PGDATABASE"] = database.database
        // Else the allocator keeps large blocks that are free: megabytes more or less, by who came first.
        environment["MALLOC_MMAP_THRESHOLD_"] = "131072"
        process.environment = environment
        // Some lines: they wait in the pipe until the end.
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failed(description: "Benchmarks \(arguments.joined(separator: " ")) failed:\n\(text)")
        }
        return text
    }
}
