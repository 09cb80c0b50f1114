package import PostgresWire

extension PostgresParameters {
    /// Most parameters of one statement: Bind counts them in 16 bits.
    package static let maximumCount = 65535

    /// Appends what a Bind message says of its parameters: format codes and values, each list with its 16-bit count
    /// before it (PostgreSQL documentation, "Message Formats", Bind).
    ///
    /// `serverTypes` are what the server answered to Describe. Values that were encoded as those are copied in one piece;
    /// the others are recoded. A string where the server wants a type whose binary form is not text is sent in text
    /// format, for the server to read; so is any value where the type wanted is not built in, which may be a domain.
    ///
    /// Throws `encodingFailed` naming the parameter when a value cannot be what the server wants, `invalidUse` when the
    /// numbers of values and placeholders differ. The buffer is then as it was.
    package func appendBindParameters(
        as serverTypes: [PostgresType], to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        try validate()
        let count = count
        guard count <= PostgresParameters.maximumCount else {
            throw PostgresError(
                .invalidUse, "a statement has \(count) parameters; PostgreSQL allows 65535",
                advice: "Send an array and unnest it, use COPY, or split the statement")
        }
        guard count == serverTypes.count else {
            throw PostgresError(
                .invalidUse, "the statement has \(serverTypes.count) parameters, but \(count) values were given"
            )
        }
        guard let storage else {
            PostgresParameters.appendFormats(binary: 0, to: &buffer)
            buffer.append(UInt16(0))
            return
        }
        let recodings = storage.recodings(to: serverTypes)
        let start = buffer.count
        if recodings.hasText {
            storage.appendFormats(for: serverTypes, to: &buffer)
        } else {
            PostgresParameters.appendFormats(binary: count, to: &buffer)
        }
        buffer.append(UInt16(count))
        if recodings.areCopies { return storage.cells.withUnsafeBytes { buffer.append($0) } }
        do {
            try storage.appendCells(as: serverTypes, to: &buffer)
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    /// Whether nothing can be found unfit on the way, since no value has to be looked at.
    package func fit(as serverTypes: [PostgresType]) -> Bool {
        guard let storage else { return serverTypes.isEmpty }
        guard !storage.hasFailed, storage.cells.count < Self.surelySmall else { return false }
        return count == serverTypes.count && !storage.recodings(to: serverTypes).mayFail
    }

    /// In bytes; far from the limits of a message.
    private static let surelySmall = 1 << 28

    /// One code for all: binary.
    private static func appendFormats(binary count: Int, to buffer: inout PostgresBuffer) {
        buffer.append(UInt16(count == 0 ? 0 : 1))
        if count > 0 { buffer.append(UInt16(1)) }
    }
}

extension PostgresParameters.Storage {
    /// A format code for each value: 0 is text, 1 is binary.
    fileprivate func appendFormats(for serverTypes: [PostgresType], to buffer: inout PostgresBuffer) {
        buffer.append(UInt16(serverTypes.count))
        for index in serverTypes.indices {
            let recoding = ParameterRecoding(from: entries.type(at: index), to: serverTypes[index])
            buffer.append(UInt16(recoding.isText ? 0 : 1))
        }
    }

    /// Cells that are right as they are go in as few pieces as there are others between them.
    fileprivate func appendCells(
        as serverTypes: [PostgresType], to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        // The cells are our own: their lengths are right.
        let cells = cells.unsafeBytes
        var copied = 0
        var offset = 0
        for index in serverTypes.indices {
            let start = offset
            let length = Int(Int32(bigEndian: cells.loadUnaligned(fromByteOffset: start, as: Int32.self)))
            offset += 4 + max(0, length)
            let own = entries.type(at: index)
            if own == serverTypes[index] || length < 0 { continue }
            let recoding = ParameterRecoding(from: own, to: serverTypes[index])
            if recoding == .copy || recoding == .text { continue }
            buffer.append(UnsafeRawBufferPointer(rebasing: cells[copied..<start]))
            copied = offset
            do {
                let bytes = UnsafeRawBufferPointer(rebasing: cells[(start + 4)..<offset]).bytes
                try buffer.appendLengthPrefixed { buffer throws(PostgresError) in
                    try recoding.append(bytes, from: own, to: serverTypes[index], into: &buffer)
                }
            } catch {
                throw error.inParameter(index + 1)
            }
        }
        buffer.append(UnsafeRawBufferPointer(rebasing: cells[copied...]))
    }
}

extension PostgresError {
    /// The same error, naming the parameter it is about.
    func inParameter(_ number: Int) -> PostgresError {
        var error = self
        error.message = "parameter $\(number): \(message)"
        return error
    }
}
