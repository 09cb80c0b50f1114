/// What the client sends: each function appends one message to a buffer.
///
/// PostgreSQL documentation, "Message Formats". Strings that may come from outside are checked for NUL by the caller
/// (`checkedCString`), since the protocol ends them with one.
package enum FrontendMessage {
    /// Kind, length and content: the server ends the session at a longer one (`PQ_LARGE_MESSAGE_LIMIT`).
    package static let largestMessage = 0x3FFF_FFFF

    /// Appends a message of `kind`: its length is filled in when `body` has written the content.
    @inline(__always)
    static func message<E: Error>(
        _ kind: UInt8, to buffer: inout PostgresBuffer, _ body: (inout PostgresBuffer) throws(E) -> Void
    ) throws(E) {
        let start = buffer.count
        buffer.append(kind)
        buffer.append(Int32(0))
        do {
            try body(&buffer)
        } catch {
            buffer.truncate(to: start)
            throw error
        }
        // What may be too long for a length of 32 bits, values and texts from outside, is checked by the caller: a length
        // that had lost its upper half would have the server take the rest of the content for messages.
        buffer.overwrite(Int32(truncatingIfNeeded: buffer.count &- start &- 1), at: start &+ 1)
    }

    // MARK: Before the session

    /// StartupMessage with its parameters ("user", "database", …). `version` has the major version in its upper half and
    /// the minor one in its lower.
    package static func startup(
        version: Int32 = 3 << 16, _ parameters: [(name: String, value: String)], to buffer: inout PostgresBuffer
    ) {
        let start = buffer.count
        buffer.append(Int32(0))
        buffer.append(version)
        for (name, value) in parameters {
            buffer.append(cString: name)
            buffer.append(cString: value)
        }
        buffer.append(UInt8(0))
        buffer.overwrite(Int32(truncatingIfNeeded: buffer.count - start), at: start)
    }

    package static func sslRequest(to buffer: inout PostgresBuffer) {
        buffer.append(Int32(8))
        buffer.append(Int32(80_877_103))
    }

    /// Goes to the server on a connection of its own.
    package static func cancelRequest(processID: Int32, secretKey: [UInt8], to buffer: inout PostgresBuffer) {
        buffer.append(Int32(truncatingIfNeeded: 12 + secretKey.count))
        buffer.append(Int32(80_877_102))
        buffer.append(processID)
        buffer.append(secretKey)
    }

    package static func password(_ password: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "p"), to: &buffer) { $0.append(cString: password) }
    }

    package static func saslInitialResponse(mechanism: String, _ bytes: [UInt8], to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "p"), to: &buffer) { buffer in
            buffer.append(cString: mechanism)
            buffer.append(Int32(truncatingIfNeeded: bytes.count))
            buffer.append(bytes)
        }
    }

    package static func saslResponse(_ bytes: [UInt8], to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "p"), to: &buffer) { $0.append(bytes) }
    }

    // MARK: Queries

    /// Query: one or several statements, without parameters, answered in text.
    package static func query(_ sql: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "Q"), to: &buffer) { $0.append(cString: sql) }
    }

    /// Parse. No parameter types: the server infers them.
    package static func parse(name: String, sql: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "P"), to: &buffer) { buffer in
            buffer.append(cString: name)
            buffer.append(cString: sql)
            buffer.append(Int16(0))
        }
    }

    /// Parse, with the type of each parameter; 0 is for the server to infer.
    package static func parse(name: String, sql: String, types: [UInt32], to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "P"), to: &buffer) { buffer in
            buffer.append(cString: name)
            buffer.append(cString: sql)
            buffer.append(UInt16(truncatingIfNeeded: types.count))
            for type in types { buffer.append(type) }
        }
    }

    package static func describe(portal name: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "D"), to: &buffer) { buffer in
            buffer.append(UInt8(ascii: "P"))
            buffer.append(cString: name)
        }
    }

    package static func describe(statement name: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "D"), to: &buffer) { buffer in
            buffer.append(UInt8(ascii: "S"))
            buffer.append(cString: name)
        }
    }

    /// Bind of the unnamed portal. Every result column comes in binary unless `resultFormats` has a code for each: 0 is
    /// text, 1 is binary. `parameters` writes the format codes, the count and the cells.
    package static func bind<E: Error>(
        statement name: String, resultFormats: [Int16] = [], to buffer: inout PostgresBuffer,
        parameters: (inout PostgresBuffer) throws(E) -> Void
    ) throws(E) {
        try message(UInt8(ascii: "B"), to: &buffer) { buffer throws(E) in
            buffer.append(UInt8(0))
            buffer.append(cString: name)
            try parameters(&buffer)
            appendFormats(resultFormats, to: &buffer)
        }
    }

    /// The format codes of result columns: one for all of them where none are said.
    @inline(__always)
    static func appendFormats(_ formats: [Int16], to buffer: inout PostgresBuffer) {
        if formats.isEmpty {
            buffer.append(Int16(1))
            buffer.append(Int16(1))
        } else {
            buffer.append(Int16(truncatingIfNeeded: formats.count))
            for format in formats { buffer.append(format) }
        }
    }

    /// Bind of a portal with a name, to be executed more than once; else as the above.
    package static func bind<E: Error>(
        portal: String, statement name: String, to buffer: inout PostgresBuffer,
        parameters: (inout PostgresBuffer) throws(E) -> Void
    ) throws(E) {
        try message(UInt8(ascii: "B"), to: &buffer) { buffer throws(E) in
            buffer.append(cString: portal)
            buffer.append(cString: name)
            try parameters(&buffer)
            buffer.append(Int16(1))
            buffer.append(Int16(1))
        }
    }

    /// Execute of a portal, for so many rows at most; 0 is all.
    package static func execute(portal: String, maximumRows: Int32, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "E"), to: &buffer) { buffer in
            buffer.append(cString: portal)
            buffer.append(maximumRows)
        }
    }

    package static func close(portal name: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "C"), to: &buffer) { buffer in
            buffer.append(UInt8(ascii: "P"))
            buffer.append(cString: name)
        }
    }

    /// Execute of the unnamed portal, all rows.
    package static func execute(to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "E"), to: &buffer) { buffer in
            buffer.append(UInt8(0))
            buffer.append(Int32(0))
        }
    }

    package static func close(statement name: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "C"), to: &buffer) { buffer in
            buffer.append(UInt8(ascii: "S"))
            buffer.append(cString: name)
        }
    }

    package static func sync(to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "S"), to: &buffer) { _ in }
    }

    package static func terminate(to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "X"), to: &buffer) { _ in }
    }

    // MARK: COPY

    /// Begins a CopyData in a buffer of its own; its content is appended behind.
    package static func beginCopyData(_ buffer: inout PostgresBuffer) {
        buffer.removeAll()
        buffer.append(UInt8(ascii: "d"))
        buffer.append(Int32(0))
    }

    /// Ends the CopyData that fills the buffer; false when there is nothing in it.
    package static func endCopyData(_ buffer: inout PostgresBuffer) -> Bool {
        guard buffer.count > 5 else { return false }
        // The sender has looked at the size.
        buffer.overwrite(Int32(truncatingIfNeeded: buffer.count - 1), at: 1)
        return true
    }

    package static func copyDone(to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "c"), to: &buffer) { _ in }
    }

    /// CopyFail: the server answers with this reason as an error.
    package static func copyFail(_ reason: String, to buffer: inout PostgresBuffer) {
        message(UInt8(ascii: "f"), to: &buffer) { $0.append(cString: reason) }
    }
}

extension String {
    /// The string itself, unless it holds a NUL, which would cut a message short, or is too long for one.
    package func checkedCString(
        _ what: String, largest: Int = FrontendMessage.largestMessage
    ) throws(PostgresError) -> String {
        // Room for the message's other parts: a name, a count.
        guard utf8.count <= largest - 1024 else {
            throw PostgresError(
                .invalidUse, "\(what) is larger than the 1 GB that PostgreSQL takes at a time",
                advice: "Send it in parts, values as parameters, or many rows with COPY", safeToRetry: true)
        }
        if containsNUL {
            throw PostgresError(.invalidUse, "\(what) contains a NUL byte, which PostgreSQL does not allow")
        }
        return self
    }

    /// It cannot be sent where a NUL byte ends a text.
    package var containsNUL: Bool {
        utf8.withContiguousStorageIfAvailable { $0.contains(0) } ?? utf8.contains(0)
    }
}
