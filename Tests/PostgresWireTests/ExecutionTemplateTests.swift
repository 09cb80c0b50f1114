import PostgresWire
import Testing

/// The template writes what the messages one by one would be.
@Suite struct ExecutionTemplateTests {
    private func written(
        _ template: ExecutionTemplate, after earlier: [UInt8] = [], cells: [UInt8]
    ) -> (bytes: [UInt8], bindSize: Int) {
        var buffer = PostgresBuffer(capacity: 0)
        buffer.append(earlier)
        let size = template.append(to: &buffer) { $0.append(cells) }
        return (buffer.withUnsafeBytes { Array($0) }, size)
    }

    @Test func bindAndExecute() {
        let bind = frame("B", WireBytes("", "s_1", [9, 9], Int16(1), Int16(1)).bytes)
        let execute = frame("E", WireBytes("", Int32(0)).bytes)
        let (bytes, size) = written(ExecutionTemplate(statement: "s_1"), after: [7], cells: [9, 9])
        #expect(bytes == [7] + bind + execute)
        #expect(size == bind.count)
        #expect(written(ExecutionTemplate(statement: "s_1"), cells: []).bindSize == bind.count - 2)
    }

    @Test func formatsAndDescribe() {
        let template = ExecutionTemplate(statement: "", resultFormats: [1, 0], describes: true)
        let expected =
            frame("B", WireBytes("", "", [9], Int16(2), Int16(1), Int16(0)).bytes)
            + frame("D", WireBytes(UInt8(ascii: "P"), "").bytes) + frame("E", WireBytes("", Int32(0)).bytes)
        #expect(written(template, cells: [9]).bytes == expected)
    }

    @Test func whatCannotBeWrittenLeavesNothingBehind() {
        var buffer = PostgresBuffer(capacity: 0)
        FrontendMessage.sync(to: &buffer)
        #expect(throws: PostgresError.self) {
            try ExecutionTemplate(statement: "s").append(to: &buffer) { (buffer) throws(PostgresError) in
                buffer.append(Int32(1))
                throw PostgresError(.encodingFailed, "no")
            }
        }
        #expect(buffer.withUnsafeBytes { Array($0) } == frame("S", []))
    }
}
