import Foundation

/// Runs blocking work on a thread of its own and waits for it, so that no thread of the concurrency pool is held up.
func onThread<R: Sendable, E: Error>(_ work: @escaping @Sendable () throws(E) -> R) async throws(E) -> R {
    let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<R, E>, Never>) in
        Thread.detachNewThread { continuation.resume(returning: Result(catching: work)) }
    }
    return try result.get()
}
