public import PostgresWire

/// Where a row's version lies in its table: `tid`, the type of `ctid`.
///
/// It changes whenever the row is updated, and when the table is rewritten.
public struct PostgresTID: PostgresTextConvertible, Comparable {
    /// The page, from 0.
    public var block: UInt32
    /// The row's place in the page, from 1.
    public var offset: UInt16

    @inlinable
    public init(block: UInt32, offset: UInt16) {
        self.block = block
        self.offset = offset
    }

    /// Reads `(0,1)`.
    public init?(_ description: String) {
        let value = TextScanner.read(description) { scanner -> PostgresTID? in
            guard scanner.takes("("), let block = scanner.unsigned(UInt32.self), scanner.takes(","),
                let offset = scanner.unsigned(UInt16.self), scanner.takes(")")
            else { return nil }
            return PostgresTID(block: block, offset: offset)
        }
        guard let value else { return nil }
        self = value
    }

    /// `(0,1)`.
    public var description: String { "(\(block),\(offset))" }

    public static func < (left: PostgresTID, right: PostgresTID) -> Bool {
        (left.block, left.offset) < (right.block, right.offset)
    }
}

extension PostgresTID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .tid }
    @inlinable public static var postgresArrayType: PostgresType { .tidArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .tid else { throw .cannotDecode(PostgresTID.self, from: type) }
        guard bytes.byteCount == 6 else { throw .invalidBytes(PostgresTID.self, type: type, "it must be 6 bytes") }
        self.init(block: bytes.bigEndian(), offset: bytes.bigEndian(at: 4))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .tid else { throw .cannotEncode(PostgresTID.self, as: type) }
        buffer.append(block)
        buffer.append(offset)
    }
}
