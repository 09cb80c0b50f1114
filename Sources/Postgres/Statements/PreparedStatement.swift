import PostgresTypes
import PostgresWire

/// A statement that the server has parsed for one session, under a name; or, without a name, one that is parsed again
/// each time, and of which only the types are kept.
final class PreparedStatement: Sendable {
    /// Empty where the server keeps nothing.
    let name: String
    let sql: String
    /// The server's own choice; it decides how values are encoded.
    let parameterTypes: [PostgresType]
    let columns: ColumnSet
    /// Codes of the columns' formats, where one of them is not binary.
    private let resultFormats: [Int16]
    /// What runs it, but for the values.
    private let execution: ExecutionTemplate
    /// What running it may mean for the other statements of the session.
    let reach: StatementReach
    /// It may leave in the session what the next user of a pooled connection should not find.
    let mayLeaveSomething: Bool
    /// The parameters' types as Parse has them; needed without a name alone.
    let parameterOIDs: [UInt32]

    init(name: String, sql: String, parameterTypes: [PostgresType], columns: [PostgresColumn]) {
        self.name = name
        self.sql = sql
        self.parameterTypes = parameterTypes
        self.columns = ColumnSet(columns)
        resultFormats =
            columns.contains { $0.format == .text } ? columns.map { $0.format == .text ? 0 : 1 } : []
        execution = ExecutionTemplate(statement: name, resultFormats: resultFormats, describes: name.isEmpty)
        reach = StatementReach(of: sql)
        mayLeaveSomething = Leftovers.mayRemain(after: sql)
        parameterOIDs = name.isEmpty ? parameterTypes.map(\.rawValue) : []
    }

    private init(withoutNameOf other: PreparedStatement) {
        name = ""
        sql = other.sql
        parameterTypes = other.parameterTypes
        columns = other.columns
        resultFormats = other.resultFormats
        execution = ExecutionTemplate(statement: name, resultFormats: resultFormats, describes: true)
        reach = other.reach
        mayLeaveSomething = other.mayLeaveSomething
        parameterOIDs = parameterTypes.map(\.rawValue)
    }

    var isUnnamed: Bool { name.isEmpty }

    /// The same, parsed each time it is run.
    var withoutName: PreparedStatement { isUnnamed ? self : PreparedStatement(withoutNameOf: self) }

    /// Appends what runs it once; Sync is the caller's. On an error the buffer is as it was.
    ///
    /// Without a name the text goes along, with the types that the values are encoded as: one series of messages up to
    /// its Sync is all that a transaction pooler promises to give to the same server.
    @inline(__always)
    func appendExecution(
        to buffer: inout PostgresBuffer, largest: Int = FrontendMessage.largestMessage,
        _ bind: (inout PostgresBuffer) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        let start = buffer.count
        if isUnnamed { FrontendMessage.parse(name: "", sql: sql, types: parameterOIDs, to: &buffer) }
        do throws(PostgresError) {
            if try execution.append(to: &buffer, parameters: bind) > largest { throw Self.tooLarge }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    static let tooLarge = PostgresError(
        .encodingFailed, "the values of a statement are larger than the 1 GB that PostgreSQL takes at a time",
        advice: "Store what is so large in parts, or as a large object", safeToRetry: true)
}
