import PostgresLocks
import Testing

@testable import PostgresTransport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A listening socket on the loopback address.
private final class LoopbackListener: Sendable {
    let descriptor: Int32
    let port: Int

    init() {
        let descriptor = socket(AF_INET, Platform.streamSocket, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(descriptor, $0, length) == 0)
                precondition(getsockname(descriptor, $0, &length) == 0)
            }
        }
        precondition(listen(descriptor, 8) == 0)
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    var address: SocketAddress {
        get throws { try #require(try Resolver.addresses(host: "127.0.0.1", port: port).first) }
    }

    func acceptOne() -> Int32 { accept(descriptor, nil, nil) }
}

/// Waits until a descriptor can be written, or read.
private func wait(_ descriptor: Int32, _ events: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    _ = poll(&entry, 1, 10_000)
}

@Suite struct SocketTests {
    @Test func sendsReceivesAndSeesTheEnd() throws {
        let listener = LoopbackListener()
        var channel = Channel(try Socket(connectingTo: listener.address))
        let peer = listener.acceptOne()
        wait(channel.descriptor, POLLOUT)
        try channel.finishConnecting()

        var memory = [UInt8](repeating: 0, count: 16)
        let nothing = try memory.withUnsafeMutableBytes { try channel.receive(into: $0) }
        #expect(nothing == .wouldBlock)
        let sent = try Array("hello".utf8).withUnsafeBytes { try channel.send($0) }
        #expect(sent == .bytes(5))
        #expect(read(peer, &memory, 16) == 5)
        #expect(write(peer, memory, 3) == 3)
        wait(channel.descriptor, POLLIN)
        let received = try memory.withUnsafeMutableBytes { try channel.receive(into: $0) }
        #expect(received == .bytes(3))
        close(peer)
        wait(channel.descriptor, POLLIN)
        let end = try memory.withUnsafeMutableBytes { try channel.receive(into: $0) }
        #expect(end == .endOfStream)
        #expect(!channel.hasPendingOutput && !channel.isEncrypted)
    }

    @Test func takesNoMoreThanTheOtherSideReads() throws {
        let listener = LoopbackListener()
        var channel = Channel(try Socket(connectingTo: listener.address))
        let peer = listener.acceptOne()
        defer { close(peer) }
        wait(channel.descriptor, POLLOUT)
        try channel.finishConnecting()
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        var total = 0
        while case .bytes(let count) = try bytes.withUnsafeBytes({ try channel.send($0) }) { total += count }
        #expect(total > 0)

        // It is asked again when the poller has said so, not before.
        var memory = [UInt8](repeating: 0, count: total)
        var received = 0
        while received < total { received += read(peer, &memory, total - received) }
        wait(channel.descriptor, POLLOUT)
        let more: [UInt8] = [1, 2, 3]
        #expect(try more.withUnsafeBytes { try channel.send($0) } == .wouldBlock)
        channel.becameWritable()
        #expect(try more.withUnsafeBytes { try channel.send($0) } == .bytes(3))
    }

    @Test("a reset is an error, and no signal ends the process") func survivesAReset() throws {
        let listener = LoopbackListener()
        var channel = Channel(try Socket(connectingTo: listener.address))
        let peer = listener.acceptOne()
        wait(channel.descriptor, POLLOUT)
        try channel.finishConnecting()
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(peer)
        wait(channel.descriptor, POLLIN)
        for _ in 0..<2 {
            let error = #expect(throws: TransportError.self) {
                try [1, 2, 3].withUnsafeBytes { while true { _ = try channel.send($0) } }
            }
            #expect(error?.kind == .system(ECONNRESET) || error?.kind == .system(EPIPE))
        }
    }

    @Test func saysThatNobodyListens() throws {
        let address = try LoopbackListener().address
        let error = #expect(throws: TransportError.self) {
            let socket = try Socket(connectingTo: address)
            wait(socket.descriptor, POLLOUT)
            try socket.finishConnecting()
        }
        #expect(error?.isRefused == true)
        let missing = #expect(throws: TransportError.self) {
            _ = try Socket(connectingTo: SocketAddress(unixPath: "/nonexistent/.s.PGSQL.5432"))
        }
        #expect(missing?.isRefused == true)
    }

    #if os(Linux)
    @Test("trap 2: a socket that could not be connected is closed") func leaksNoDescriptor() throws {
        // Enough for the count to stand out from what other tests open and close meanwhile.
        let before = openDescriptors()
        for _ in 0..<2000 {
            #expect(throws: TransportError.self) {
                _ = try Socket(connectingTo: SocketAddress(unixPath: "/nonexistent/.s.PGSQL.5432"))
            }
        }
        #expect(openDescriptors() < before + 1800)
    }

    private func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }
    #endif

    // MARK: Addresses

    @Test func describesAddresses() throws {
        #expect(try Resolver.addresses(host: "127.0.0.1", port: 5432).first?.description == "127.0.0.1:5432")
        #expect(try Resolver.addresses(host: "::1", port: 5433).first?.description == "[::1]:5433")
        let unix = try SocketAddress(unixPath: "/tmp/.s.PGSQL.5432")
        #expect(unix.description == "/tmp/.s.PGSQL.5432")
        #expect(unix.isUnix)
    }

    @Test func refusesPathsThatAreTooLong() {
        let error = #expect(throws: TransportError.self) {
            try SocketAddress(unixPath: "/" + String(repeating: "x", count: 200))
        }
        #expect(error?.kind == .invalidAddress)
        #expect(throws: TransportError.self) { try SocketAddress(unixPath: "/a\0b") }
    }

    @Test func saysThatANameHasNoAddress() async {
        let result = await withCheckedContinuation { waiter in
            Resolver.resolve(host: "no.such.host.invalid", port: 1) { waiter.resume(returning: $0) }
        }
        let error = #expect(throws: TransportError.self) { try result.get() }
        #expect(error?.kind == .nameResolution)
        #expect(error?.description.contains("no.such.host.invalid") == true)
    }
}

#if canImport(Glibc)
import Glibc

@Suite struct SocketOptionsTests {
    @Test("keepalives and the user timeout reach the socket") func options() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        try #require(listen(listener, 1) == 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        let target = try #require(Resolver.numericAddress("127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port))))
        var options = SocketOptions()
        options.keepaliveIdle = 11
        options.keepaliveInterval = 7
        options.keepaliveCount = 3
        options.userTimeout = 12_345
        let made = try Socket(connectingTo: target, options: options)
        let descriptor = made.descriptor
        let tcp = Int32(IPPROTO_TCP)
        #expect(Socket.option(descriptor, SOL_SOCKET, SO_KEEPALIVE) == 1)
        #expect(Socket.option(descriptor, tcp, TCP_KEEPIDLE) == 11)
        #expect(Socket.option(descriptor, tcp, TCP_KEEPINTVL) == 7)
        #expect(Socket.option(descriptor, tcp, TCP_KEEPCNT) == 3)
        #expect(Socket.option(descriptor, tcp, TCP_USER_TIMEOUT) == 12_345)

        options.keepsAlive = false
        options.userTimeout = nil
        let quiet = try Socket(connectingTo: target, options: options)
        #expect(Socket.option(quiet.descriptor, SOL_SOCKET, SO_KEEPALIVE) == 0)
        #expect(Socket.option(quiet.descriptor, tcp, TCP_USER_TIMEOUT) == 0)
    }

    @Test("an address is no name, and a name no address")
    func numericAddresses() {
        for (text, isAddress) in [
            ("127.0.0.1", true), ("::1", true), ("localhost", false), ("", false), ("1.2.3.4.5", false),
            ("db.example.com", false), ("fe80::1%lo", true),
        ] {
            #expect((Resolver.numericAddress(text, port: 5432) != nil) == isAddress, "\(text)")
        }
    }
}
#endif
