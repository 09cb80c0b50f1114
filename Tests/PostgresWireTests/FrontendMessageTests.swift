import PostgresWire
import Testing

@Suite struct FrontendMessageTests {
    private func bytes(_ write: (inout PostgresBuffer) throws -> Void) rethrows -> [UInt8] {
        var buffer = PostgresBuffer(capacity: 0)
        try write(&buffer)
        return buffer.withUnsafeBytes { Array($0) }
    }

    @Test func writesTheFirstMessages() {
        #expect(
            bytes { FrontendMessage.startup([("user", "bob"), ("database", "é")], to: &$0) }
                == WireBytes(Int32(30), Int32(196_608), "user", "bob", "database", "é", UInt8(0)).bytes)
        #expect(bytes { FrontendMessage.sslRequest(to: &$0) } == WireBytes(Int32(8), Int32(80_877_103)).bytes)
        #expect(
            bytes { FrontendMessage.cancelRequest(processID: 7, secretKey: [1, 2, 3, 4, 5], to: &$0) }
                == WireBytes(Int32(17), Int32(80_877_102), Int32(7), [1, 2, 3, 4, 5]).bytes)
    }

    @Test func writesPasswords() {
        #expect(bytes { FrontendMessage.password("geheim", to: &$0) } == frame("p", WireBytes("geheim").bytes))
        #expect(
            bytes { FrontendMessage.saslInitialResponse(mechanism: "SCRAM-SHA-256", [1, 2], to: &$0) }
                == frame("p", WireBytes("SCRAM-SHA-256", Int32(2), [1, 2]).bytes))
        #expect(bytes { FrontendMessage.saslResponse([3], to: &$0) } == frame("p", [3]))
    }

    @Test func writesQueries() {
        #expect(bytes { FrontendMessage.query("SELECT 1", to: &$0) } == frame("Q", WireBytes("SELECT 1").bytes))
        #expect(
            bytes { FrontendMessage.parse(name: "s", sql: "SELECT $1", to: &$0) }
                == frame("P", WireBytes("s", "SELECT $1", Int16(0)).bytes))
        #expect(
            bytes { FrontendMessage.describe(statement: "s", to: &$0) }
                == frame("D", WireBytes(UInt8(ascii: "S"), "s").bytes))
        #expect(
            bytes { FrontendMessage.close(statement: "s", to: &$0) }
                == frame("C", WireBytes(UInt8(ascii: "S"), "s").bytes))
        #expect(bytes { FrontendMessage.execute(to: &$0) } == frame("E", WireBytes("", Int32(0)).bytes))
        #expect(bytes { FrontendMessage.sync(to: &$0) } == frame("S", []))
        #expect(bytes { FrontendMessage.terminate(to: &$0) } == frame("X", []))
        #expect(
            bytes {
                FrontendMessage.bind(statement: "s", to: &$0) { $0.append([9, 9]) }
            } == frame("B", WireBytes("", "s", [9, 9], Int16(1), Int16(1)).bytes))
    }

    @Test func aMessageThatCannotBeWrittenLeavesNothingBehind() {
        let written = bytes { buffer in
            FrontendMessage.sync(to: &buffer)
            #expect(throws: PostgresError.self) {
                try FrontendMessage.bind(statement: "s", to: &buffer) { (buffer) throws(PostgresError) in
                    buffer.append(Int32(1))
                    throw PostgresError(.encodingFailed, "no")
                }
            }
        }
        #expect(written == frame("S", []))
    }

    @Test func writesCopies() {
        var isEmpty = false
        let data = bytes {
            FrontendMessage.beginCopyData(&$0)
            isEmpty = !FrontendMessage.endCopyData(&$0)
            $0.append([1, 2, 3])
            _ = FrontendMessage.endCopyData(&$0)
        }
        #expect(isEmpty)
        #expect(data == frame("d", [1, 2, 3]))
        #expect(bytes { FrontendMessage.copyDone(to: &$0) } == frame("c", []))
        #expect(bytes { FrontendMessage.copyFail("no", to: &$0) } == frame("f", WireBytes("no").bytes))
    }

    @Test("trap 13: text with a NUL would cut a message short") func refusesNUL() throws {
        #expect(try "SELECT 1".checkedCString("the statement") == "SELECT 1")
        let error = #expect(throws: PostgresError.self) { try "SELECT '\0'".checkedCString("the statement") }
        #expect(error?.code == .invalidUse)
    }

    @Test("trap 19: text that no message has room for is refused") func refusesLongText() throws {
        let text = String(repeating: "x", count: 2000)
        #expect(try text.checkedCString("the statement", largest: 4000) == text)
        let error = #expect(throws: PostgresError.self) {
            try text.checkedCString("the statement", largest: 3000)
        }
        #expect(error?.code == .invalidUse)
        #expect(error?.safeToRetry == true)
    }
}
