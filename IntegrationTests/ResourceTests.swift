import Foundation
import Postgres
import PostgresTestKit
import Testing

/// What the driver takes: allocations, memory. Over the unix socket, whatever way is tested: it is the driver's own.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: TestServer.givenURL == nil && !BenchmarksProgram.isSanitized)
)
struct ResourceTests {
    #if canImport(Glibc)
    /// The limits are in Benchmarks/Threshold.swift; the release build is held to its own by `make counts`.
    @Test("no query and no row allocates more than it did") func allocations() async throws {
        try await TemporaryDatabase.with(on: TestServer.directConfiguration) { database in
            let output = try await BenchmarksProgram.run(["check"], on: database)
            #expect(output.contains("ok        ping"), "\(output)")
        }
    }
    #endif

    /// Megabytes.
    private struct Peaks: Decodable {
        let early: Double
        let late: Double

        private enum CodingKeys: String, CodingKey {
            case early = "peak_mb_10%"
            case late = "peak_mb_100%"
        }
    }

    /// What is read after the first tenth is 32 MB. The buffers that wait for the server, and what the allocator keeps of
    /// them, are a quarter of that at most.
    @Test("many rows take no more memory than some, read or written") func memory() async throws {
        try await TemporaryDatabase.with(on: TestServer.directConfiguration) { database in
            _ = try await BenchmarksProgram.run(["tables", "--n", "1"], on: database)
            for workload in ["drain", "copyin", "copyout"] {
                let line = try await BenchmarksProgram.run([workload, "--n", "200000", "--memory"], on: database)
                let peaks = try JSONDecoder().decode(Peaks.self, from: Data(line.utf8))
                #expect(peaks.early > 5, "\(line)")
                #expect(peaks.late - peaks.early < 8, "\(line)")
            }
        }
    }

    /// The trial ends with 1, which `run` throws, above 64 KB for each. A buffer that stays as large as it was once
    /// would be 128 KB, or 400.
    @Test("an idle connection takes under 64 KB, also when it has been busy")
    func idleConnections() async throws {
        try await TemporaryDatabase.with(on: TestServer.directConfiguration) { database in
            let output = try await BenchmarksProgram.run(["idle", "--n", "100", "--seconds", "3"], on: database)
            #expect(output.split(separator: "\n").count == 3, "\(output)")
        }
    }
}
