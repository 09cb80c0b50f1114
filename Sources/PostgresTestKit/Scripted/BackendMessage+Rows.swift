import PostgresWire

extension BackendMessage {
    /// How values travel.
    public enum Format: Int16, Sendable, Hashable {
        /// As the server's output functions write them.
        case text = 0
        /// As the server's send functions write them.
        case binary = 1
    }

    /// One column of a RowDescription.
    public struct Column: Sendable, Hashable {
        /// The name as the statement gives it.
        public var name: String
        /// The OID of the type; 23 is int4, 25 is text.
        public var type: UInt32
        /// How its cells travel.
        public var format: Format
        /// The OID of the table and the number of the column in it, 0 when it is of none.
        public var table: UInt32
        /// The number of the column in that table, from 1; 0 when it is of none.
        public var attribute: Int16
        /// The size of the type in bytes, -1 when that varies.
        public var size: Int16
        /// What the type's declaration adds, such as a length; -1 when nothing.
        public var modifier: Int32

        /// A column of text unless told otherwise, in binary, of no table.
        public init(
            _ name: String, type: UInt32 = 25, format: Format = .binary, table: UInt32 = 0, attribute: Int16 = 0,
            size: Int16 = -1, modifier: Int32 = -1
        ) {
            self.name = name
            self.type = type
            self.format = format
            self.table = table
            self.attribute = attribute
            self.size = size
            self.modifier = modifier
        }
    }

    /// The columns of the rows that follow.
    public static func rowDescription(_ columns: [Column]) -> BackendMessage {
        make("T") {
            $0.append(Int16(truncatingIfNeeded: columns.count))
            for column in columns {
                $0.append(cString: column.name)
                $0.append(column.table)
                $0.append(column.attribute)
                $0.append(column.type)
                $0.append(column.size)
                $0.append(column.modifier)
                $0.append(column.format.rawValue)
            }
        }
    }

    /// The types of a statement's parameters, by OID.
    public static func parameterDescription(_ types: [UInt32]) -> BackendMessage {
        make("t") {
            $0.append(Int16(truncatingIfNeeded: types.count))
            for type in types { $0.append(type) }
        }
    }

    /// One row; nil is NULL.
    public static func dataRow(_ cells: [[UInt8]?]) -> BackendMessage {
        make("D") {
            $0.append(Int16(truncatingIfNeeded: cells.count))
            for cell in cells {
                $0.append(Int32(truncatingIfNeeded: cell?.count ?? -1))
                if let cell { $0.append(cell) }
            }
        }
    }

    /// One row of texts; nil is NULL.
    public static func dataRow(texts: [String?]) -> BackendMessage {
        dataRow(texts.map { $0.map { Array($0.utf8) } })
    }

    /// The server waits for CopyData.
    public static func copyInResponse(_ format: Format, columns: Int) -> BackendMessage {
        copyResponse("G", format, columns)
    }

    /// CopyData follows.
    public static func copyOutResponse(_ format: Format, columns: Int) -> BackendMessage {
        copyResponse("H", format, columns)
    }

    private static func copyResponse(_ kind: Character, _ format: Format, _ columns: Int) -> BackendMessage {
        make(kind) {
            $0.append(Int8(truncatingIfNeeded: format.rawValue))
            $0.append(Int16(truncatingIfNeeded: columns))
            for _ in 0..<columns { $0.append(format.rawValue) }
        }
    }

    /// A piece of a COPY.
    public static func copyData(_ bytes: [UInt8]) -> BackendMessage { message("d", body: bytes) }

    /// The end of a COPY.
    public static let copyDone = message("c")
}
