/// Bind and Execute of a statement, written but for its values: the rest is the same each time, and is copied.
package struct ExecutionTemplate: Sendable {
    /// Bind up to its parameters; its length is not known yet.
    private let beginning: [UInt8]
    /// What follows the parameters: the end of Bind, then Describe of the portal where it is asked for, and Execute.
    private let ending: [UInt8]
    /// How much of `ending` is Bind's.
    private let bindEnding: Int

    /// `statement` is the name, which must not contain NUL. Every result column comes in binary unless `resultFormats` has
    /// a code for each.
    package init(statement: String, resultFormats: [Int16] = [], describes: Bool = false) {
        var buffer = PostgresBuffer()
        var parameters = 0
        FrontendMessage.bind(statement: statement, resultFormats: resultFormats, to: &buffer) { parameters = $0.count }
        let bindEnd = buffer.count
        if describes { FrontendMessage.describe(portal: "", to: &buffer) }
        FrontendMessage.execute(to: &buffer)
        let bytes = buffer.withUnsafeBytes { Array($0) }
        beginning = Array(bytes[..<parameters])
        ending = Array(bytes[parameters...])
        bindEnding = bindEnd - parameters
    }

    /// Appends the messages; `parameters` writes the format codes, the count and the cells. What may be longer than
    /// `FrontendMessage.largestMessage` is for the caller to refuse. When `parameters` throws, the buffer is as it was.
    ///
    /// - Returns: the size of Bind, in bytes.
    @inline(__always)
    package func append<E: Error>(
        to buffer: inout PostgresBuffer, parameters: (inout PostgresBuffer) throws(E) -> Void
    ) throws(E) -> Int {
        let start = buffer.count
        buffer.append(beginning)
        do {
            try parameters(&buffer)
        } catch {
            buffer.truncate(to: start)
            throw error
        }
        let size = buffer.count &- start &+ bindEnding
        buffer.append(ending)
        buffer.overwrite(Int32(truncatingIfNeeded: size &- 1), at: start &+ 1)
        return size
    }
}
