import PostgresWire

/// A command of the streaming replication protocol: rows in text, or data both ways until both sides have ended it.
///
/// PostgreSQL documentation, "Streaming Replication Protocol". Rows are few and short, so the machine keeps them itself;
/// the data of CopyBoth is cut by the session like that of a COPY.
struct ReplicationExchange {
    enum State: Equatable {
        case between
        case rows
        /// CopyBoth: CopyData in both directions.
        case streaming
        /// The server has ended its half.
        case ended
    }

    /// What the answers of commands may hold in all. They are a few lines.
    static let largestAnswer = 1024 * 1024

    var state = State.between
    private(set) var columns: [String] = []
    /// Cells in text; nil is NULL.
    private(set) var rows: [[String?]] = []
    private var size = 0

    var takesRows: Bool { state == .streaming }
    var mayFinish: Bool { state == .between || state == .ended }

    mutating func receive(_ kind: UInt8, _ content: UnsafeRawBufferPointer) throws(PostgresError) -> ExchangeEvent {
        switch (state, kind) {
        case (.between, BackendKind.rowDescription):
            columns = try BackendMessage.rowDescription(content).map(\.name)
            rows = []
            state = .rows
            return .nothing
        case (.rows, BackendKind.dataRow):
            try takeRow(content)
            return .nothing
        case (.between, BackendKind.emptyQueryResponse):
            return .nothing
        case (.between, BackendKind.copyBothResponse):
            state = .streaming
            _ = try BackendMessage.copyResponse(content)
            return .copyOutBegan(isBinary: false, columns: 0)
        case (.streaming, BackendKind.copyDone):
            state = .ended
            return .nothing
        // What was on its way when the server agreed to end.
        case (.ended, BackendKind.copyData), (.ended, BackendKind.copyDone):
            return .nothing
        // A server that shuts down says CommandComplete without ending the copy.
        case (_, BackendKind.commandComplete):
            state = state == .streaming || state == .ended ? .ended : .between
            return .completed(tag: try CommandTag(content))
        case (.between, BackendKind.copyInResponse):
            return .refuseCopyIn
        default:
            throw unexpected(kind)
        }
    }

    private mutating func takeRow(_ content: UnsafeRawBufferPointer) throws(PostgresError) {
        size += content.count
        guard size <= Self.largestAnswer else {
            throw PostgresError(
                .protocolViolation, "the answer to a replication command is larger than a megabyte",
                advice: "Send queries that return much through an ordinary connection")
        }
        var reader = MessageReader(content, "DataRow")
        let count = try reader.count(eachAtLeast: 4)
        guard count == columns.count else {
            throw PostgresError(.protocolViolation, "the server sent a row with a wrong number of columns")
        }
        var cells: [String?] = []
        cells.reserveCapacity(count)
        for _ in 0..<count {
            let length = Int(try reader.integer(Int32.self))
            guard length >= -1 else {
                throw PostgresError(.protocolViolation, "a cell's length does not fit into its row")
            }
            cells.append(length < 0 ? nil : String(decoding: try reader.slice(length), as: UTF8.self))
        }
        try reader.finish()
        rows.append(cells)
    }
}
