@_exported public import Synchronization

// The standard library's Mutex and Atomic, for every other target.
//
// Under the thread sanitizer the mutex is another one. The slow way into the standard library's, taken when two threads
// want it at once, lies in a library that the sanitizer does not see: it then reports every access behind the mutex as a
// race. The system's mutex it knows. `make tsan` sets the condition.

#if THREAD_SANITIZER
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A value that one thread at a time may touch, with the interface of the standard library's `Mutex`.
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Unchecked: `value` is touched while `handle` is locked, and never otherwise.
    private let handle: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    public init(_ initialValue: consuming sending Value) {
        handle = .allocate(capacity: 1)
        handle.initialize(to: pthread_mutex_t())
        pthread_mutex_init(handle, nil)
        value = .allocate(capacity: 1)
        value.initialize(to: initialValue)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(handle)
        handle.deallocate()
    }

    public borrowing func withLock<Result: ~Copyable, E: Error>(
        _ body: (inout sending Value) throws(E) -> sending Result
    ) throws(E) -> sending Result {
        pthread_mutex_lock(handle)
        defer { pthread_mutex_unlock(handle) }
        return try body(&value.pointee)
    }
}
#endif
