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
        let start = buffer.count
        if areOf(serverTypes) {
            buffer.append(UInt16(count == 0 ? 0 : 1))
            if count > 0 { buffer.append(UInt16(1)) }
            buffer.append(UInt16(count))
            withUnsafeCells { buffer.append($0) }
            return
        }
        let entries = entries
        PostgresParameters.appendFormats(entries, serverTypes, to: &buffer)
        buffer.append(UInt16(count))
        do {
            try withUnsafeCells { cells throws(PostgresError) in
                try PostgresParameters.appendRecoded(cells, entries, serverTypes, to: &buffer)
            }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    /// Whether nothing can be found unfit on the way, since no value has to be looked at.
    package func fit(as serverTypes: [PostgresType]) -> Bool {
        guard let storage else { return serverTypes.isEmpty }
        return !storage.hasFailed && storage.cells.count < Self.surelySmall && count == serverTypes.count
            && serverTypes.indices.allSatisfy {
                ParameterRecoding(from: storage.entries[$0].type, to: serverTypes[$0]).cannotFail
            }
    }

    /// In bytes; far from the limits of a message.
    private static let surelySmall = 1 << 28

    private func areOf(_ serverTypes: [PostgresType]) -> Bool {
        guard let storage else { return serverTypes.isEmpty }
        for index in serverTypes.indices where storage.entries[index].type != serverTypes[index] { return false }
        return true
    }

    /// One code for all when all are binary, else one for each: 0 is text, 1 is binary.
    private static func appendFormats(
        _ entries: ParameterEntries, _ serverTypes: [PostgresType], to buffer: inout PostgresBuffer
    ) {
        let start = buffer.count
        var hasText = false
        buffer.append(UInt16(entries.count))
        for index in serverTypes.indices {
            let isText = ParameterRecoding(from: entries[index].type, to: serverTypes[index]).isText
            hasText = hasText || isText
            buffer.append(UInt16(isText ? 0 : 1))
        }
        guard !hasText else { return }
        buffer.truncate(to: start)
        buffer.append(UInt16(1))
        buffer.append(UInt16(1))
    }

    private static func appendRecoded(
        _ cells: UnsafeRawBufferPointer, _ entries: ParameterEntries, _ serverTypes: [PostgresType],
        to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        // The cells are our own: their lengths are right.
        var offset = 0
        for index in serverTypes.indices {
            let recoding = ParameterRecoding(from: entries[index].type, to: serverTypes[index])
            let length = Int(Int32(bigEndian: cells.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            let end = offset + 4 + max(0, length)
            let cell = UnsafeRawBufferPointer(rebasing: cells[offset..<end])
            offset = end
            if length < 0 || recoding == .copy || recoding == .text {
                buffer.append(cell)
                continue
            }
            do {
                try buffer.appendLengthPrefixed { buffer throws(PostgresError) in
                    let bytes = UnsafeRawBufferPointer(rebasing: cell[4...]).bytes
                    if recoding == .versioned {
                        buffer.append(TextCoding.version)
                        buffer.append(bytes)
                    } else if recoding == .writtenAsText {
                        try ParameterRecoding.appendText(
                            of: bytes, entries[index].type, for: serverTypes[index], to: &buffer)
                    } else {
                        try ParameterRecoding.convert(
                            bytes, from: entries[index].type, to: serverTypes[index], into: &buffer)
                    }
                }
            } catch {
                throw error.inParameter(index + 1)
            }
        }
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
