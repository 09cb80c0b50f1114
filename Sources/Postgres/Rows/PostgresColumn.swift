public import PostgresTypes
import PostgresWire

/// A column of a result: its name, its type and, when it comes straight from a table, which one.
public struct PostgresColumn: Sendable, Hashable {
    /// The name as the statement gives it; several columns may share one.
    public var name: String
    /// What the cells are; decides how they are decoded.
    public var type: PostgresType
    /// The OID of the table the column comes from, 0 when it is computed.
    public var tableOID: UInt32
    /// The column's number in that table, from 1; 0 when it is computed.
    public var attributeNumber: Int
    /// What the type's declaration adds, such as the length of `varchar(20)`; -1 when nothing.
    public var typeModifier: Int
    /// How its cells come: in binary, but for the results of scripts and for types without a binary form.
    public var format = Format.binary

    /// How values travel.
    public enum Format: Sendable, Hashable {
        /// As the server's output functions write them.
        case text
        /// As the server's send functions write them.
        case binary
    }

    /// A column made by hand, as tests need it.
    public init(
        name: String, type: PostgresType, tableOID: UInt32 = 0, attributeNumber: Int = 0, typeModifier: Int = -1
    ) {
        self.name = name
        self.type = type
        self.tableOID = tableOID
        self.attributeNumber = attributeNumber
        self.typeModifier = typeModifier
    }

    init(_ description: ColumnDescription, format: Format = .binary) {
        self.init(
            name: description.name, type: PostgresType(rawValue: description.typeOID), tableOID: description.tableOID,
            attributeNumber: Int(description.attributeNumber), typeModifier: Int(description.typeModifier))
        self.format = format
    }
}

extension PostgresColumn {
    /// What the cells are to their decoders.
    var cellType: PostgresType { format == .text ? type.inTextForm : type }
}

/// The columns of one result, shared by all of its rows.
@usableFromInline
final class ColumnSet: @unchecked Sendable {
    // Unchecked: `types` points to memory that is written once, in `init`.
    @usableFromInline let columns: [PostgresColumn]
    /// The types alone, without bounds checks or reference counts for the row decoder, which checks its index.
    @usableFromInline let types: UnsafePointer<PostgresType>
    @usableFromInline let count: Int

    init(_ columns: [PostgresColumn]) {
        self.columns = columns
        count = columns.count
        let types = UnsafeMutablePointer<PostgresType>.allocate(capacity: max(count, 1))
        for (index, column) in columns.enumerated() { (types + index).initialize(to: column.cellType) }
        self.types = UnsafePointer(types)
    }

    deinit { types.deallocate() }

    static let none = ColumnSet([])

    /// True when the server's description is of these columns. Their formats are what Bind has asked for.
    func isDescribed(by description: [PostgresColumn]) -> Bool {
        columns.elementsEqual(description) { column, described in
            var described = described
            if column.type.rawValue == described.type.rawValue, !column.type.hasBinaryForm {
                described.format = column.format
            }
            return column == described && ExactText.areSame(column.name, described.name)
        }
    }
}
