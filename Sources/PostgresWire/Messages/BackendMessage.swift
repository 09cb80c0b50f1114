/// The kinds of messages that the server sends, by their first byte.
///
/// PostgreSQL documentation, "Message Formats".
package enum BackendKind {
    @inlinable package static var authentication: UInt8 { UInt8(ascii: "R") }
    @inlinable package static var backendKeyData: UInt8 { UInt8(ascii: "K") }
    @inlinable package static var bindComplete: UInt8 { UInt8(ascii: "2") }
    @inlinable package static var closeComplete: UInt8 { UInt8(ascii: "3") }
    @inlinable package static var commandComplete: UInt8 { UInt8(ascii: "C") }
    @inlinable package static var copyData: UInt8 { UInt8(ascii: "d") }
    @inlinable package static var copyDone: UInt8 { UInt8(ascii: "c") }
    @inlinable package static var copyInResponse: UInt8 { UInt8(ascii: "G") }
    @inlinable package static var copyOutResponse: UInt8 { UInt8(ascii: "H") }
    @inlinable package static var copyBothResponse: UInt8 { UInt8(ascii: "W") }
    @inlinable package static var dataRow: UInt8 { UInt8(ascii: "D") }
    @inlinable package static var emptyQueryResponse: UInt8 { UInt8(ascii: "I") }
    @inlinable package static var errorResponse: UInt8 { UInt8(ascii: "E") }
    @inlinable package static var negotiateProtocolVersion: UInt8 { UInt8(ascii: "v") }
    @inlinable package static var noData: UInt8 { UInt8(ascii: "n") }
    @inlinable package static var noticeResponse: UInt8 { UInt8(ascii: "N") }
    @inlinable package static var notificationResponse: UInt8 { UInt8(ascii: "A") }
    @inlinable package static var parameterDescription: UInt8 { UInt8(ascii: "t") }
    @inlinable package static var parameterStatus: UInt8 { UInt8(ascii: "S") }
    @inlinable package static var parseComplete: UInt8 { UInt8(ascii: "1") }
    @inlinable package static var portalSuspended: UInt8 { UInt8(ascii: "s") }
    @inlinable package static var readyForQuery: UInt8 { UInt8(ascii: "Z") }
    @inlinable package static var rowDescription: UInt8 { UInt8(ascii: "T") }
}

/// Where the session stands, as ReadyForQuery says.
package enum TransactionStatus: UInt8, Sendable {
    /// Not in a transaction.
    case idle = 0x49  // I
    /// In a transaction.
    case active = 0x54  // T
    /// In a transaction that has failed and takes nothing but its end.
    case failed = 0x45  // E

    package init(_ content: UnsafeRawBufferPointer) throws(PostgresError) {
        guard content.count == 1, let status = TransactionStatus(rawValue: content[0]) else {
            throw PostgresError(.protocolViolation, "the server's ReadyForQuery has no known status")
        }
        self = status
    }
}

/// One column of RowDescription, as it came.
package struct ColumnDescription: Sendable {
    package var name: String
    package var tableOID: UInt32
    package var attributeNumber: Int16
    package var typeOID: UInt32
    package var typeSize: Int16
    package var typeModifier: Int32
    package var format: Int16
}

/// What the server asks for before it lets anybody in.
package enum AuthenticationRequest: Equatable, Sendable {
    case ok
    case cleartextPassword
    case md5Password(salt: [UInt8])
    /// Mechanisms in the server's order.
    case sasl([String])
    case saslContinue([UInt8])
    case saslFinal([UInt8])
    /// A method that this client does not speak: Kerberos, GSSAPI, SSPI and others.
    case unsupported(Int32)
}

/// Reads the content of messages: one function for each.
package enum BackendMessage {
    package static func authentication(_ content: UnsafeRawBufferPointer) throws(PostgresError) -> AuthenticationRequest
    {
        var reader = MessageReader(content, "Authentication")
        let request: AuthenticationRequest
        switch try reader.integer(Int32.self) {
        case 0: request = .ok
        case 3: request = .cleartextPassword
        case 5: request = .md5Password(salt: try reader.bytes(4))
        case 10:
            // An empty name ends the list.
            var mechanisms: [String] = []
            while case let name = try reader.cString(), !name.isEmpty { mechanisms.append(name) }
            request = .sasl(mechanisms)
        case 11: request = .saslContinue(reader.rest())
        case 12: request = .saslFinal(reader.rest())
        case let other:
            _ = reader.rest()
            request = .unsupported(other)
        }
        try reader.finish()
        return request
    }

    /// Process and secret key for cancelling. The key is 4 bytes in protocol 3.0, up to 256 in 3.2.
    package static func backendKeyData(
        _ content: UnsafeRawBufferPointer
    ) throws(PostgresError) -> (processID: Int32, secretKey: [UInt8]) {
        var reader = MessageReader(content, "BackendKeyData")
        let processID = try reader.integer(Int32.self)
        let key = reader.rest()
        guard (4...256).contains(key.count) else {
            throw PostgresError(.protocolViolation, "the server's cancel key is \(key.count) bytes long")
        }
        return (processID, key)
    }

    /// NegotiateProtocolVersion: the newest version the server speaks, and the protocol options it does not know.
    package static func negotiateProtocolVersion(
        _ content: UnsafeRawBufferPointer
    ) throws(PostgresError) -> (version: Int32, unknownOptions: [String]) {
        var reader = MessageReader(content, "NegotiateProtocolVersion")
        let version = try reader.integer(Int32.self)
        let count = Int(try reader.integer(Int32.self))
        // Each name takes at least the byte that ends it.
        guard count >= 0, count <= reader.remaining else {
            throw PostgresError(.protocolViolation, "the server's NegotiateProtocolVersion has a wrong count")
        }
        var options: [String] = []
        for _ in 0..<count { options.append(try reader.cString()) }
        try reader.finish()
        return (version, options)
    }

    package static func parameterStatus(
        _ content: UnsafeRawBufferPointer
    ) throws(PostgresError) -> (name: String, value: String) {
        var reader = MessageReader(content, "ParameterStatus")
        let status = (try reader.cString(), try reader.cString())
        try reader.finish()
        return status
    }

    package static func parameterDescription(_ content: UnsafeRawBufferPointer) throws(PostgresError) -> [UInt32] {
        var reader = MessageReader(content, "ParameterDescription")
        // Up to 65,535 parameters: the count has no sign.
        let count = Int(try reader.integer(UInt16.self))
        guard count * 4 == reader.remaining else {
            throw PostgresError(.protocolViolation, "the server's ParameterDescription has a wrong count")
        }
        var types: [UInt32] = []
        types.reserveCapacity(count)
        for _ in 0..<count { types.append(try reader.integer()) }
        return types
    }

    package static func rowDescription(_ content: UnsafeRawBufferPointer) throws(PostgresError) -> [ColumnDescription] {
        var reader = MessageReader(content, "RowDescription")
        let count = try reader.count(eachAtLeast: 19)
        var columns: [ColumnDescription] = []
        columns.reserveCapacity(count)
        for _ in 0..<count {
            columns.append(
                ColumnDescription(
                    name: try reader.cString(), tableOID: try reader.integer(), attributeNumber: try reader.integer(),
                    typeOID: try reader.integer(), typeSize: try reader.integer(), typeModifier: try reader.integer(),
                    format: try reader.integer()))
        }
        try reader.finish()
        return columns
    }

    /// ErrorResponse or NoticeResponse.
    package static func serverError(_ content: UnsafeRawBufferPointer) throws(PostgresError) -> PostgresServerError {
        var reader = MessageReader(content, "ErrorResponse")
        var fields: [(field: PostgresServerError.Field, value: String)] = []
        // A zero ends the list.
        while case let code = try reader.integer(UInt8.self), code != 0 {
            fields.append((PostgresServerError.Field(rawValue: code), try reader.cString()))
        }
        try reader.finish()
        return PostgresServerError(fields: fields)
    }

    /// CopyInResponse or CopyOutResponse: the overall format and the number of columns.
    package static func copyResponse(
        _ content: UnsafeRawBufferPointer
    ) throws(PostgresError) -> (isBinary: Bool, columns: Int) {
        var reader = MessageReader(content, "CopyResponse")
        let format = try reader.integer(Int8.self)
        guard format == 0 || format == 1 else {
            throw PostgresError(.protocolViolation, "the server's COPY has the unknown format \(format)")
        }
        let count = try reader.count(eachAtLeast: 2)
        // Each column has its format again; they are the same for all.
        _ = try reader.bytes(2 * count)
        try reader.finish()
        return (format == 1, count)
    }

    package static func notification(
        _ content: UnsafeRawBufferPointer
    ) throws(PostgresError) -> (processID: Int32, channel: String, payload: String) {
        var reader = MessageReader(content, "NotificationResponse")
        let notification: (Int32, String, String) = (
            try reader.integer(), try reader.cString(), try reader.cString()
        )
        try reader.finish()
        return notification
    }
}
