/// The server's first message: `r=nonce,s=salt,i=iterations` (RFC 5802, section 7).
struct SCRAMServerFirst {
    var nonce: [UInt8]
    var salt: [UInt8]
    var iterations: Int

    /// Parses `message` and checks it against the client's nonce and the iteration cap, before any hashing.
    ///
    /// Nothing may follow the iteration count: PostgreSQL sends no extension, and an unknown mandatory one has to be
    /// refused anyway.
    init(_ message: [UInt8], clientNonce: [UInt8], maximumIterations: Int) throws(SCRAMError) {
        let fields = message.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.count == 3 else { throw .malformedMessage("nonce, salt and iteration count expected") }
        nonce = try SCRAMAttribute.value("r", of: fields[0])
        guard nonce.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformedMessage("the nonce holds characters that are not printable")
        }
        guard nonce.count > clientNonce.count, nonce.starts(with: clientNonce) else { throw .nonceMismatch }

        let encodedSalt = try SCRAMAttribute.value("s", of: fields[1])
        guard let salt = Base64.decode(encodedSalt), !salt.isEmpty else {
            throw .malformedMessage("the salt is not base64")
        }
        self.salt = salt

        let digits = try SCRAMAttribute.value("i", of: fields[2])
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .malformedMessage("the iteration count is not a number")
        }
        // A number too long for Int is as unacceptable as any other above the cap.
        let iterations = Int(String(decoding: digits, as: UTF8.self)) ?? .max
        guard iterations >= 1, iterations <= maximumIterations else {
            throw .unacceptableIterationCount(iterations, maximum: maximumIterations)
        }
        self.iterations = iterations
    }
}

/// The server's last message: `v=signature`, or `e=error` (RFC 5802, section 7).
struct SCRAMServerFinal {
    var signature: [UInt8]

    init(_ message: [UInt8]) throws(SCRAMError) {
        if message.starts(with: "e=".utf8) {
            throw .refusedByServer(SCRAMAttribute.printable(message.dropFirst(2)))
        }
        let encoded = try SCRAMAttribute.value("v", of: message[...])
        guard let signature = Base64.decode(encoded), signature.count == SHA256.byteCount else {
            throw .malformedMessage("the signature is not the base64 of 32 bytes")
        }
        self.signature = signature
    }
}

/// One `name=value` of a SCRAM message.
enum SCRAMAttribute {
    static func value(_ name: Character, of field: ArraySlice<UInt8>) throws(SCRAMError) -> [UInt8] {
        guard field.starts(with: "\(name)=".utf8) else { throw .malformedMessage("attribute \(name) expected") }
        return Array(field.dropFirst(2))
    }

    /// Text of the server's choice, made safe to show: at most 64 printable ASCII characters.
    static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.lazy.filter { $0 >= 0x20 && $0 < 0x7F }.prefix(64), as: UTF8.self)
    }
}
