/// A five-character SQLSTATE, to decide by and to catch.
///
///     do {
///         try await pool.execute("INSERT INTO tag (name) VALUES (\(name))")
///     } catch SQLState.uniqueViolation {
///         …
///     } catch { throw error }
///
/// PostgreSQL documentation, Appendix A, "PostgreSQL Error Codes". A code without a name here is
/// `SQLState(rawValue:)`; unknown codes survive.
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// The first two characters: the class of the code.
    public var errorClass: String { String(rawValue.prefix(2)) }

    /// 00000: no error.
    public static let successfulCompletion = SQLState(rawValue: "00000")
    /// 08000: the connection is at fault.
    public static let connectionException = SQLState(rawValue: "08000")
    /// 08003: there is no such connection.
    public static let connectionDoesNotExist = SQLState(rawValue: "08003")
    /// 08006: the connection broke.
    public static let connectionFailure = SQLState(rawValue: "08006")
    /// 08001: no connection could be made.
    public static let sqlClientUnableToEstablishConnection = SQLState(rawValue: "08001")
    /// 08P01: a message that the protocol does not allow.
    public static let protocolViolation = SQLState(rawValue: "08P01")
    /// 0A000: the server does not have this.
    public static let featureNotSupported = SQLState(rawValue: "0A000")
    /// 0B000: a transaction cannot begin here.
    public static let invalidTransactionInitiation = SQLState(rawValue: "0B000")
    /// 22000: a value is not right.
    public static let dataException = SQLState(rawValue: "22000")
    /// 22001: text longer than its type.
    public static let stringDataRightTruncation = SQLState(rawValue: "22001")
    /// 22003: a number beyond its type.
    public static let numericValueOutOfRange = SQLState(rawValue: "22003")
    /// 22007: text that is no date or time.
    public static let invalidDatetimeFormat = SQLState(rawValue: "22007")
    /// 22008: a month 13, or a date beyond the range.
    public static let datetimeFieldOverflow = SQLState(rawValue: "22008")
    /// 22012: division by zero.
    public static let divisionByZero = SQLState(rawValue: "22012")
    /// 22023: a value that a setting or function does not take.
    public static let invalidParameterValue = SQLState(rawValue: "22023")
    /// 22021: bytes that are no text in this encoding.
    public static let characterNotInRepertoire = SQLState(rawValue: "22021")
    /// 22P02: text that is no value of the type.
    public static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    /// 22P03: bytes that are no value of the type.
    public static let invalidBinaryRepresentation = SQLState(rawValue: "22P03")
    /// 22P04: COPY data that cannot be read.
    public static let badCopyFileFormat = SQLState(rawValue: "22P04")
    /// 22P05: a character that the other encoding, or `jsonb`, does not have.
    public static let untranslatableCharacter = SQLState(rawValue: "22P05")
    /// 23000: a constraint.
    public static let integrityConstraintViolation = SQLState(rawValue: "23000")
    /// 23001: a row that others refer to, with `RESTRICT`.
    public static let restrictViolation = SQLState(rawValue: "23001")
    /// 23502: NULL in a column that is `NOT NULL`.
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// 23503: a foreign key that points at nothing, or would.
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// 23505: a unique key that is there already.
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// 23514: a `CHECK` constraint.
    public static let checkViolation = SQLState(rawValue: "23514")
    /// 23P01: an exclusion constraint.
    public static let exclusionViolation = SQLState(rawValue: "23P01")
    /// 25000: not in this state of the transaction.
    public static let invalidTransactionState = SQLState(rawValue: "25000")
    /// 25001: not inside a transaction.
    public static let activeSQLTransaction = SQLState(rawValue: "25001")
    /// 25006: a change in a read-only transaction or on a standby.
    public static let readOnlySQLTransaction = SQLState(rawValue: "25006")
    /// 25P02: an earlier statement has failed; only a rollback is taken.
    public static let inFailedSQLTransaction = SQLState(rawValue: "25P02")
    /// 25P03: the transaction was idle too long; the session is over.
    public static let idleInTransactionSessionTimeout = SQLState(rawValue: "25P03")
    /// 26000: there is no such prepared statement.
    public static let invalidSQLStatementName = SQLState(rawValue: "26000")
    /// 28000: this user is not let in.
    public static let invalidAuthorizationSpecification = SQLState(rawValue: "28000")
    /// 28P01: the password is wrong.
    public static let invalidPassword = SQLState(rawValue: "28P01")
    /// 3D000: there is no such database.
    public static let invalidCatalogName = SQLState(rawValue: "3D000")
    /// 3F000: there is no such schema.
    public static let invalidSchemaName = SQLState(rawValue: "3F000")
    /// 40001: a concurrent transaction was in the way: run it again.
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// 40003: whether the statement was done is not known.
    public static let statementCompletionUnknown = SQLState(rawValue: "40003")
    /// 40P01: two transactions waited for each other: run it again.
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    /// 42601: the SQL cannot be parsed.
    public static let syntaxError = SQLState(rawValue: "42601")
    /// 42501: the user may not do this.
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// 42804: an expression is of another type.
    public static let datatypeMismatch = SQLState(rawValue: "42804")
    /// 42P18: a placeholder's type cannot be told: cast it.
    public static let indeterminateDatatype = SQLState(rawValue: "42P18")
    /// 42703: there is no such column.
    public static let undefinedColumn = SQLState(rawValue: "42703")
    /// 42883: there is no such function or operator for these types.
    public static let undefinedFunction = SQLState(rawValue: "42883")
    /// 42P01: there is no such table.
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// 42704: there is no such type, role or other object.
    public static let undefinedObject = SQLState(rawValue: "42704")
    /// 42P04: the database exists.
    public static let duplicateDatabase = SQLState(rawValue: "42P04")
    /// 42P05: the prepared statement exists.
    public static let duplicatePreparedStatement = SQLState(rawValue: "42P05")
    /// 42P06: the schema exists.
    public static let duplicateSchema = SQLState(rawValue: "42P06")
    /// 42P07: the table exists.
    public static let duplicateTable = SQLState(rawValue: "42P07")
    /// 42701: the column exists.
    public static let duplicateColumn = SQLState(rawValue: "42701")
    /// 42710: the object exists.
    public static let duplicateObject = SQLState(rawValue: "42710")
    /// 42723: the function exists.
    public static let duplicateFunction = SQLState(rawValue: "42723")
    /// 53000: something has run out.
    public static let insufficientResources = SQLState(rawValue: "53000")
    /// 53100: the server's disk is full.
    public static let diskFull = SQLState(rawValue: "53100")
    /// 53200: the server has no memory left.
    public static let outOfMemory = SQLState(rawValue: "53200")
    /// 53300: every connection is taken.
    public static let tooManyConnections = SQLState(rawValue: "53300")
    /// 54000: too large or too complex.
    public static let programLimitExceeded = SQLState(rawValue: "54000")
    /// 55000: the object is not ready for this.
    public static let objectNotInPrerequisiteState = SQLState(rawValue: "55000")
    /// 55006: somebody is using it.
    public static let objectInUse = SQLState(rawValue: "55006")
    /// 55P03: `NOWAIT`, or `lock_timeout` passed.
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// 57000: an administrator stepped in.
    public static let operatorIntervention = SQLState(rawValue: "57000")
    /// 57014: cancelled, or `statement_timeout` passed.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// 57P01: the server is shutting down, or the session was terminated.
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// 57P02: another process of the server has crashed; all sessions end.
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// 57P03: the server is starting or stopping.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// 57P04: the database is gone.
    public static let databaseDropped = SQLState(rawValue: "57P04")
    /// 57P05: the session was idle too long.
    public static let idleSessionTimeout = SQLState(rawValue: "57P05")
    /// 58030: the server could not read or write a file.
    public static let ioError = SQLState(rawValue: "58030")
    /// XX000: a fault of the server.
    public static let internalError = SQLState(rawValue: "XX000")
    /// XX001: a damaged table or index.
    public static let dataCorrupted = SQLState(rawValue: "XX001")
}

extension SQLState {
    /// Lets `catch SQLState.uniqueViolation` match what the driver throws.
    public static func ~= (pattern: SQLState, error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.server?.sqlState == pattern
        case let error as PostgresServerError: error.sqlState == pattern
        default: false
        }
    }
}
