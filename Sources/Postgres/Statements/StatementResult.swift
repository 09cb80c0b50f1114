import PostgresTypes
import PostgresWire

/// Rows and tag of one statement of a batch or a script.
struct StatementResult {
    var columns: ColumnSet
    var first: RowBatch?
    /// Nil, where there is none: an empty array would be counted with each copy.
    var more: [RowBatch]?
    var tag = CommandTag.empty
    var isComplete = false

    mutating func append(_ rows: RowBatch) {
        if first == nil {
            first = rows
        } else if more?.append(rows) == nil {
            more = [rows]
        }
    }

    /// Bytes of its rows.
    var byteCount: Int {
        let rest = more?.reduce(0) { $0 + $1.memory.count } ?? 0
        return (first?.memory.count ?? 0) + rest
    }

    /// A cell in text format; nil for NULL, and where there is none.
    func text(row: Int, column: Int) -> String? {
        guard let first, column < columns.count, let cells = first.row(row) else { return nil }
        return try? cells.decode(column, as: TextCell?.self)?.text
    }
}

/// A cell in text format, whatever its type.
struct TextCell: PostgresDecodable {
    let text: String

    init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        text = try String(binary: bytes, type: .text)
    }
}

extension Request {
    /// The answers to these statements will come, one after the other.
    func beginBatch(_ statements: [PreparedStatement]) {
        batch = statements
        gathersResults = true
        columns = statements[0].columns
        results.reserveCapacity(statements.count)
        results.append(StatementResult(columns: columns))
    }

    /// The answer to one statement is held in memory, whatever its size.
    func gatherOneResult() {
        gathersResults = true
        results.append(StatementResult(columns: columns))
    }

    /// One statement of a batch is answered; the next one's rows have other columns.
    func finishStatement(tag: CommandTag) {
        results[results.count - 1].tag = tag
        results[results.count - 1].isComplete = true
        let answered = resultsTaken + results.count
        guard answered < batch.count else { return }
        // Most batches repeat one statement.
        let next = batch[answered].columns
        if next !== columns { columns = next }
        results.append(StatementResult(columns: columns))
    }

    /// One statement of a script is done; without rows nothing else was heard of it.
    func finishScriptStatement(tag: CommandTag) {
        if results.last?.isComplete ?? true { results.append(StatementResult(columns: .none)) }
        results[results.count - 1].tag = tag
        results[results.count - 1].isComplete = true
    }

    /// The server says what columns the rows have that come now.
    func described(_ described: [PostgresColumn]) {
        // What a statement's columns are known to be is kept: types looked up, formats asked for.
        if !columns.isDescribed(by: described) { columns = ColumnSet(described) }
        guard gathersResults else { return }
        if case .script = exchange {
            results.append(StatementResult(columns: columns))
        } else {
            results[results.count - 1].columns = columns
        }
    }

    /// The statement whose failure this is.
    var failedStatement: PreparedStatement? {
        guard gathersResults, !batch.isEmpty else { return statement }
        return batch[resultsTaken + results.count - 1]
    }

    /// Hands the answers over, once all have come.
    func takeResults(connection: PostgresConnection) -> [PostgresRows] {
        defer { results = [] }
        return results.map { rows(of: $0, connection: connection) }
    }

    /// The first of those who are not handed over yet is answered.
    var hasWholeResult: Bool { results.first?.isComplete ?? false }

    /// Takes the answers that are whole; empty where none is.
    func popResults() -> [StatementResult] {
        guard hasWholeResult else { return [] }
        var whole: [StatementResult] = []
        swap(&whole, &results)
        if let last = whole.popLast() {
            if last.isComplete { whole.append(last) } else { results.append(last) }
        }
        resultsTaken += whole.count
        bufferedBytes = results.last?.byteCount ?? 0
        if let trace { noteRows(of: whole, trace) }
        return whole
    }

    /// Has the answers' rows told at the end; those that are handed over all at once are counted by who takes them.
    func noteRows(of results: [StatementResult], _ trace: Trace) {
        guard streamsResults else { return }
        let rows = results.reduce(0) { $0 + (PostgresCommandResult(tag: $1.tag.text).rowCount ?? 0) }
        trace.note { $0.rows = ($0.rows ?? 0) + rows }
    }

    /// An answer that is whole as rows to read. Touches nothing that changes: the others may still be coming.
    func rows(of result: StatementResult, connection: PostgresConnection) -> PostgresRows {
        var rest: RowSource?
        if let more = result.more {
            // A request that is over: its rows are only read.
            let request = Request(executing: sql)
            request.columns = result.columns
            request.phase = .finished
            request.firstBatch = more.first
            request.moreBatches = Array(more.dropFirst())
            request.bufferedBytes = more.reduce(0) { $0 + $1.memory.count }
            request.tag = result.tag
            rest = RowSource(connection: connection, request: request)
        }
        return PostgresRows(columns: result.columns, first: result.first, source: rest, tag: result.tag)
    }
}
