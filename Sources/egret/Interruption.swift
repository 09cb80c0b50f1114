import Dispatch
import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Ctrl-C and `kill`: the first asks the running command to clean up, the second ends the process at once.
///
/// A temporary server is gone in either case, since it watches its owner.
enum Interruption {
    /// Runs `work` as a task that SIGINT and SIGTERM cancel; its result, and the signal that came, if any.
    static func watching<R: Sendable>(
        _ work: @escaping @Sendable () async -> R
    ) async -> (result: R, signal: Int32?) {
        let box = SignalBox()
        let task = Task.detached { await work() }
        let queue = DispatchQueue(label: "egret.signals")
        let sources = [SIGINT, SIGTERM].map { number in
            // The default action would come first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if box.first(number) { task.cancel() } else { exit(128 + number) }
            }
            source.resume()
            return source
        }
        let result = await task.value
        for source in sources { source.cancel() }
        return (result, box.signal)
    }
}

/// The first signal that came.
private final class SignalBox: Sendable {
    private let number = Mutex<Int32?>(nil)

    var signal: Int32? { number.withLock { $0 } }

    /// Remembers `signal`; false when one came before.
    func first(_ signal: Int32) -> Bool {
        number.withLock { number in
            guard number == nil else { return false }
            number = signal
            return true
        }
    }
}
