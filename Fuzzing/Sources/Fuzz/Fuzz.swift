import Foundation

/// One parser under the fuzzer: a name, and what is done with each input.
struct FuzzTarget: Sendable {
    /// As `EGRET_FUZZ_TARGET` and the corpus' folder have it.
    let name: String
    let run: @Sendable (FuzzInput) -> Void

    /// Everything that can be fuzzed. A new target is a file in `Targets`, a line here and a folder in `Corpus`.
    static let all: [FuzzTarget] = [
        .frames, .messages, .exchanges, .rows, .scram, .numeric, .array, .range, .hstore, .url, .files, .dateTime,
        .json,
        .copy, .pgoutput, .values, .recoding,
    ]

    /// The one this process runs.
    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["EGRET_FUZZ_TARGET"] ?? ""
        guard let target = all.first(where: { $0.name == name }) else {
            fatalError("EGRET_FUZZ_TARGET is one of \(all.map(\.name).joined(separator: ", "))")
        }
        return target
    }()
}

/// libFuzzer's own `main` has no place in a Swift program: it is called from here.
@main
enum FuzzProgram {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, runOneInput))
    }
}

/// `LLVMFuzzerRunDriver` of libFuzzer (LLVM documentation, "Using libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ runOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// What the fuzzer calls with each input. It never fails: what must not happen ends the process.
@_cdecl("LLVMFuzzerTestOneInput")
func runOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    FuzzTarget.chosen.run(FuzzInput(UnsafeRawBufferPointer(start: data, count: size)))
    return 0
}
