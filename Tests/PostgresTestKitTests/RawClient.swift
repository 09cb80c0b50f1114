import PostgresWire
import Testing

@testable import PostgresTestKit

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A client that knows bytes alone.
final class RawClient {
    private let channel: Channel

    init(port: Int) throws {
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        channel = Channel(owning: descriptor)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    /// Sends a message with a kind, or without one when it is nil.
    func send(_ kind: Character?, _ fill: (inout PostgresBuffer) -> Void = { _ in }) {
        let message = BackendMessage.make(kind ?? "0", fill).bytes
        _ = channel.send(kind == nil ? Array(message.dropFirst()) : message)
    }

    /// Sends a startup message of protocol 3.0 for the user bob.
    func startUp() {
        send(nil) {
            $0.append(Int32(196_608))
            $0.append(cString: "user")
            $0.append(cString: "bob")
            $0.append(UInt8(0))
        }
    }

    /// Sends nothing more.
    func finishSending() { channel.finishSending() }

    /// Exactly `count` bytes, fewer at the end of the connection.
    func receive(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = channel.receive(upTo: count - bytes.count)
            if piece.isEmpty { break }
            bytes += piece
        }
        return bytes
    }

    /// The kinds of the messages up to and with ReadyForQuery, or to the end of the connection.
    func kindsUntilReady() -> String {
        var kinds = ""
        while kinds.last != "Z" {
            let header = receive(5)
            guard header.count == 5 else { break }
            kinds.append(Character(UnicodeScalar(header[0])))
            _ = receive(header[1...].reduce(0) { $0 << 8 | Int($1) } - 4)
        }
        return kinds
    }
}
