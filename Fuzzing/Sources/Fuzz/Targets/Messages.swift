@testable import PostgresWire

extension FuzzTarget {
    /// The content of each message of the server: the first byte is its kind.
    static let messages = FuzzTarget(name: "messages") { input in
        var input = input
        let kind = input.byte()
        let content = input.rest
        do throws(PostgresError) {
            try readMessage(kind, content)
        } catch {
            check(error.code == .protocolViolation, "what is no message is a violation of the protocol: \(error)")
            check(error.message.utf8.count < 1000, "the message of an error is short")
        }
    }
}

/// Reads a message; what can be written again must be what was read.
private func readMessage(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) {
    var again = PostgresBuffer()
    switch kind {
    case BackendKind.authentication:
        if case .sasl(let mechanisms) = try BackendMessage.authentication(content) {
            again.append(Int32(10))
            for mechanism in mechanisms { again.append(cString: mechanism) }
            again.append(UInt8(0))
        }
    case BackendKind.backendKeyData:
        let key = try BackendMessage.backendKeyData(content)
        again.append(key.processID)
        again.append(key.secretKey)
    case BackendKind.negotiateProtocolVersion:
        let answer = try BackendMessage.negotiateProtocolVersion(content)
        again.append(answer.version)
        again.append(Int32(answer.unknownOptions.count))
        for option in answer.unknownOptions { again.append(cString: option) }
    case BackendKind.parameterStatus:
        let status = try BackendMessage.parameterStatus(content)
        again.append(cString: status.name)
        again.append(cString: status.value)
    case BackendKind.parameterDescription:
        let types = try BackendMessage.parameterDescription(content)
        again.append(UInt16(types.count))
        for type in types { again.append(type) }
    case BackendKind.rowDescription:
        let columns = try BackendMessage.rowDescription(content)
        again.append(Int16(columns.count))
        for column in columns {
            again.append(cString: column.name)
            again.append(column.tableOID)
            again.append(column.attributeNumber)
            again.append(column.typeOID)
            again.append(column.typeSize)
            again.append(column.typeModifier)
            again.append(column.format)
        }
    case BackendKind.commandComplete:
        again.append(cString: try CommandTag(content).text)
    case BackendKind.errorResponse, BackendKind.noticeResponse:
        let error = try BackendMessage.serverError(content)
        for (field, value) in error.fields {
            again.append(field.rawValue)
            again.append(cString: value)
        }
        again.append(UInt8(0))
        _ = (error.description, error.debugDescription, error.position, error.isFatal)
        _ = PostgresError(.server, "refused", server: error).description
    case BackendKind.copyInResponse, BackendKind.copyOutResponse, BackendKind.copyBothResponse:
        let copy = try BackendMessage.copyResponse(content)
        check(content.count == 3 + 2 * copy.columns, "a COPY has as many columns as formats")
    case BackendKind.notificationResponse:
        let notification = try BackendMessage.notification(content)
        again.append(notification.processID)
        again.append(cString: notification.channel)
        again.append(cString: notification.payload)
    case BackendKind.readyForQuery:
        again.append(try TransactionStatus(content).rawValue)
    default:
        break
    }
    // What is no UTF-8 was replaced when it was read.
    guard again.count > 0, content.allSatisfy({ $0 < 0x80 }) else { return }
    again.withUnsafeBytes { check($0.elementsEqual(content), "a message of kind \(kind) is what was read") }
}
