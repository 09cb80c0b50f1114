import PostgresTypes
import PostgresWire

/// A value already in PostgreSQL's binary form, in memory that outlives the call.
struct EncodedCell: PostgresEncodable, @unchecked Sendable {
    // Unchecked: made and used within one call.
    let bytes: UnsafeRawBufferPointer

    static var postgresType: PostgresType { .bytea }

    /// The form is that of the column the table was created with; there is nothing to convert.
    func encode(into buffer: inout PostgresBuffer, as type: PostgresType) { buffer.append(bytes) }
}
