public import PostgresWire

/// Something that tables come from: a SQLite file, a MongoDB export.
public protocol ImportSource: Sendable {
    /// What reads the rows of one table.
    associatedtype Reader: RowReader

    /// What and where it is.
    var description: SourceDescription { get }

    /// Reads the declarations and every value, and says what to make of them. `progress` is told the rows read so far.
    func makePlan(progress: (ScanProgress) -> Void) throws(ImportError) -> ImportPlan

    /// Checks that a plan, perhaps changed by hand, fits this source.
    func check(_ plan: ImportPlan) throws(ImportError)

    /// Reads the rows of one table from the first to the last, by its plan. Each call begins anew.
    func makeReader(for table: TablePlan) throws(ImportError) -> Reader
}

/// How far the reading of all values has come.
public struct ScanProgress: Sendable {
    /// The table being read.
    public var table: String
    /// Rows read, of all tables.
    public var rows: Int
}

/// A cursor over the rows of one table.
///
/// A row is given in two ways that share no code beyond the reading of the source: in PostgreSQL's binary form for the
/// load, and in the canonical form that the verification compares. Were they one, a wrong conversion would prove itself
/// right.
///
/// Used by one task at a time, which need not be the one that made it.
public protocol RowReader: AnyObject {
    /// Goes to the next row. False after the last.
    func next() throws(ImportError) -> Bool

    /// Appends the cells of the current row as Bind and COPY want them: length, bytes, column by column.
    func appendCells(to buffer: inout PostgresBuffer) throws(ImportError)

    /// Appends the canonical cells of the current row; see ``CanonicalRow``.
    func appendCanonical(to row: inout CanonicalRow) throws(ImportError)
}
