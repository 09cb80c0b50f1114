package import PostgresWire

#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#else
package import Darwin
#endif

/// A process of another program, its standard input and output on one channel.
///
/// It gets a session of its own, so that Ctrl-C in the terminal reaches only its starter, default signal handling,
/// and no descriptor beyond the three standard ones: an inherited descriptor would keep its other end open.
package struct ChildProcess: ~Copyable, Sendable {
    /// The process id, to wait for.
    package let id: pid_t
    /// Carries what the process reads and what it writes.
    package let channel: Channel

    /// Starts `executable` (a name on PATH or a path) with `arguments`. Its standard error goes where its standard
    /// output goes when `mergesErrors` is true, else nowhere.
    /// - Throws: `PostgresError(.invalidConfiguration)` when the program cannot be started.
    package init(_ executable: String, _ arguments: [String], mergesErrors: Bool = false) throws(PostgresError) {
        let pair = try Channel.pair()

        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }

        posix_spawn_file_actions_adddup2(&actions, pair.far.descriptor, 0)
        posix_spawn_file_actions_adddup2(&actions, pair.far.descriptor, 1)
        if mergesErrors {
            posix_spawn_file_actions_adddup2(&actions, pair.far.descriptor, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }

        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        var restored = sigset_t()
        sigemptyset(&restored)
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD] { sigaddset(&restored, signal) }
        posix_spawnattr_setsigdefault(&attributes, &restored)

        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | newSession
        #if canImport(Darwin)
        flags |= Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
        for descriptor in openDescriptors() { posix_spawn_file_actions_addclose(&actions, descriptor) }
        #endif
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        var argumentPointers = ([executable] + arguments).map { strdup($0) }
        argumentPointers.append(nil)
        defer { for pointer in argumentPointers { free(pointer) } }
        var child = pid_t()
        let result = posix_spawnp(&child, executable, &actions, &attributes, argumentPointers, environ)
        guard result == 0 else {
            throw PostgresError(
                .invalidConfiguration, "\(executable) could not be started: \(String(cString: strerror(result)))")
        }
        id = child
        channel = pair.takeNear()
    }

    /// Hands over the channel, for an owner that keeps the id apart.
    package consuming func takeChannel() -> Channel { channel }

    /// Waits for the end of process `id`; its exit status, or 128 plus the signal that ended it.
    @discardableResult
    package static func wait(for id: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            // Any other error means that something else in this process has waited for it already.
            guard errno == EINTR else { return 0 }
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Runs a program to its end with nothing to read; its exit status and all it wrote, errors included.
    /// - Throws: `PostgresError(.invalidConfiguration)` when the program cannot be started.
    package static func run(_ executable: String, _ arguments: [String]) throws(PostgresError) -> (
        status: Int32, output: String
    ) {
        let child = try ChildProcess(executable, arguments, mergesErrors: true)
        child.channel.finishSending()
        var written: [UInt8] = []
        while case let piece = child.channel.receive(upTo: 4096), !piece.isEmpty { written += piece }
        return (wait(for: child.id), String(decoding: written, as: UTF8.self))
    }
}

#if canImport(Darwin)
private let newSession = Int32(POSIX_SPAWN_SETSID)
#else
/// POSIX_SPAWN_SETSID, which glibc and musl define alike and Swift's module for them leaves out.
private let newSession: Int32 = 0x80

/// Every descriptor of this process beyond the standard ones. One that is closed in the meantime does no harm.
private func openDescriptors() -> [Int32] {
    guard let directory = opendir("/proc/self/fd") else { return Array(3..<256) }
    defer { closedir(directory) }
    var found: [Int32] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if let number = Int32(name), number > 2, number != dirfd(directory) { found.append(number) }
    }
    return found
}
#endif
