import PostgresWire
import Testing

/// Reads one message and writes what it holds.
private typealias Parse = @Sendable (UnsafeRawBufferPointer) throws -> String

/// A message whose every field must be there.
private struct MessageCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var content: [UInt8]
    var expected: String
    var parse: Parse

    init(_ name: String, _ content: WireBytes, _ expected: String, _ parse: @escaping Parse) {
        testDescription = name
        self.content = content.bytes
        self.expected = expected
        self.parse = parse
    }
}

private let cases: [MessageCase] = [
    MessageCase("AuthenticationOk", WireBytes(Int32(0)), "ok") { "\(try BackendMessage.authentication($0))" },
    MessageCase("AuthenticationCleartextPassword", WireBytes(Int32(3)), "cleartextPassword") {
        "\(try BackendMessage.authentication($0))"
    },
    MessageCase("AuthenticationMD5Password", WireBytes(Int32(5), [1, 2, 3, 4]), "md5Password(salt: [1, 2, 3, 4])") {
        "\(try BackendMessage.authentication($0))"
    },
    MessageCase(
        "AuthenticationSASL", WireBytes(Int32(10), "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", UInt8(0)),
        #"sasl(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"])"#
    ) { "\(try BackendMessage.authentication($0))" },
    MessageCase("BackendKeyData", WireBytes(Int32(-7), [1, 2, 3, 4]), "-7 [1, 2, 3, 4]") {
        let (processID, key) = try BackendMessage.backendKeyData($0)
        return "\(processID) \(key)"
    },
    MessageCase("ParameterStatus", WireBytes("TimeZone", "Europe/Zürich"), "TimeZone=Europe/Zürich") {
        let (name, value) = try BackendMessage.parameterStatus($0)
        return "\(name)=\(value)"
    },
    MessageCase("ParameterDescription", WireBytes(Int16(2), Int32(23), Int32(25)), "[23, 25]") {
        "\(try BackendMessage.parameterDescription($0))"
    },
    MessageCase(
        "RowDescription",
        WireBytes(
            Int16(2), "id", UInt32(16385), Int16(1), UInt32(23), Int16(4), Int32(-1), Int16(1), "", UInt32(0), Int16(0),
            UInt32(1043), Int16(-1), Int32(24), Int16(0)),
        "id 16385 1 23 4 -1 1, 0 0 1043 -1 24 0"
    ) {
        try BackendMessage.rowDescription($0).map {
            "\($0.name)\($0.name.isEmpty ? "" : " ")\($0.tableOID) \($0.attributeNumber) \($0.typeOID) \($0.typeSize) "
                + "\($0.typeModifier) \($0.format)"
        }.joined(separator: ", ")
    },
    MessageCase("CommandComplete", WireBytes("INSERT 0 5"), "INSERT 0 5") { try CommandTag($0).text },
    MessageCase(
        "ErrorResponse", WireBytes(UInt8(ascii: "S"), "FEHLER", UInt8(ascii: "C"), "23505", UInt8(0)), "FEHLER 23505"
    ) {
        let error = try BackendMessage.serverError($0)
        return "\(error.severity) \(error.sqlState)"
    },
    MessageCase("CopyInResponse", WireBytes(Int8(1), Int16(2), Int16(1), Int16(1)), "true 2") {
        let (isBinary, columns) = try BackendMessage.copyResponse($0)
        return "\(isBinary) \(columns)"
    },
    MessageCase("NotificationResponse", WireBytes(Int32(9), "jobs", "42"), "9 jobs 42") {
        let (processID, channel, payload) = try BackendMessage.notification($0)
        return "\(processID) \(channel) \(payload)"
    },
    MessageCase("ReadyForQuery", WireBytes(UInt8(ascii: "T")), "active") { "\(try TransactionStatus($0))" },
]

@Suite struct BackendMessageTests {
    @Test(arguments: cases)
    fileprivate func readsEveryField(entry: MessageCase) throws {
        #expect(try withExactBytes(entry.content, entry.parse) == entry.expected)
    }

    @Test("trap 17: every shortened message is refused", arguments: cases)
    fileprivate func refusesEveryPrefix(entry: MessageCase) {
        for count in 0..<entry.content.count {
            let error = #expect(throws: PostgresError.self, "cut to \(count) bytes") {
                try withExactBytes(Array(entry.content.prefix(count)), entry.parse)
            }
            #expect(error?.code == .protocolViolation)
        }
    }

    @Test(
        "bytes left over mean that the message was not understood",
        arguments: cases.filter { $0.testDescription != "BackendKeyData" })
    fileprivate func refusesWhatIsLeftOver(entry: MessageCase) {
        let error = #expect(throws: PostgresError.self) {
            try withExactBytes(entry.content + [0], entry.parse)
        }
        #expect(error?.code == .protocolViolation)
    }

    @Test("trap 17: counts that the message has no room for are refused before anything is allocated")
    func refusesLyingCounts() {
        let lies: [(WireBytes, Parse)] = [
            (WireBytes(Int16(-1)), { "\(try BackendMessage.rowDescription($0))" }),
            (WireBytes(Int16.max, "a"), { "\(try BackendMessage.rowDescription($0))" }),
            (WireBytes(UInt16.max, Int32(23)), { "\(try BackendMessage.parameterDescription($0))" }),
            (WireBytes(Int16(0), Int32(23)), { "\(try BackendMessage.parameterDescription($0))" }),
            (WireBytes(Int8(0), Int16.max, Int16(0)), { "\(try BackendMessage.copyResponse($0))" }),
            (WireBytes(Int8(0), Int16(-2)), { "\(try BackendMessage.copyResponse($0))" }),
            (WireBytes(Int8(2), Int16(0)), { "\(try BackendMessage.copyResponse($0))" }),
            (WireBytes(UInt8(ascii: "X")), { "\(try TransactionStatus($0))" }),
            (WireBytes([UInt8](), Int32(1), [1, 2, 3]), { "\(try BackendMessage.backendKeyData($0))" }),
            (
                WireBytes(Int32(1), [UInt8](repeating: 0, count: 257)),
                { "\(try BackendMessage.backendKeyData($0))" }
            ),
        ]
        for (index, (content, parse)) in lies.enumerated() {
            let error = #expect(throws: PostgresError.self, "case \(index)") {
                try withExactBytes(content.bytes, parse)
            }
            #expect(error?.code == .protocolViolation, "case \(index)")
        }
    }

    @Test("trap 36: 65,535 parameter types") func readsTheMostParameters() throws {
        let content = WireBytes(UInt16.max).bytes + (0..<65_535).flatMap { _ in WireBytes(UInt32(23)).bytes }
        #expect(try withExactBytes(content) { try BackendMessage.parameterDescription($0).count } == 65_535)
    }

    @Test("trap 11: a cancel key of protocol 3.2 has up to 256 bytes", arguments: [4, 32, 256])
    func readsLongKeys(size: Int) throws {
        let key = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let read = try withExactBytes(WireBytes(Int32(1), key).bytes) {
            try BackendMessage.backendKeyData($0).secretKey
        }
        #expect(read == key)
    }

    @Test func keepsSASLDataAndUnknownMethods() throws {
        let cases: [(WireBytes, AuthenticationRequest)] = [
            (WireBytes(Int32(11), [1, 2]), .saslContinue([1, 2])), (WireBytes(Int32(12)), .saslFinal([])),
            (WireBytes(Int32(7)), .unsupported(7)), (WireBytes(Int32(-1), [9]), .unsupported(-1)),
        ]
        for (content, expected) in cases {
            #expect(try withExactBytes(content.bytes) { try BackendMessage.authentication($0) } == expected)
        }
    }
}
