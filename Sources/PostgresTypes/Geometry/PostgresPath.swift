public import PostgresWire

/// Points with lines from each to the next: `path`. A closed one has a line from the last to the first too.
public struct PostgresPath: PostgresTextConvertible {
    /// At least one, or the server refuses it.
    public var points: [PostgresPoint]
    public var isClosed: Bool

    @inlinable
    public init(_ points: [PostgresPoint], isClosed: Bool) {
        self.points = points
        self.isClosed = isClosed
    }

    /// Reads `((1,2),(3,4))`, which is closed, and `[(1,2),(3,4)]`, which is open.
    public init?(_ description: String) {
        let isClosed = description.utf8.first != UInt8(ascii: "[")
        let points = TextScanner.read(description) {
            isClosed ? $0.enclosed("(", ")") { $0.points() } : $0.enclosed("[", "]") { $0.points() }
        }
        guard let points else { return nil }
        self.init(points, isClosed: isClosed)
    }

    /// `((1,2),(3,4))` when closed, else `[(1,2),(3,4)]`.
    public var description: String {
        isClosed ? "(\(GeometryCoding.text(points)))" : "[\(GeometryCoding.text(points))]"
    }
}

extension PostgresPath: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .path }
    @inlinable public static var postgresArrayType: PostgresType { .pathArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .path else { throw .cannotDecode(PostgresPath.self, from: type) }
        guard bytes.byteCount >= 5 else { throw .invalidBytes(PostgresPath.self, type: type, "it is cut off") }
        let closed: UInt8 = bytes.bigEndian()
        guard closed <= 1 else { throw .invalidBytes(PostgresPath.self, type: type, "it is neither open nor closed") }
        self.init(
            try GeometryCoding.points(PostgresPath.self, bytes, from: 1, type: type), isClosed: closed == 1)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .path else { throw .cannotEncode(PostgresPath.self, as: type) }
        buffer.append(isClosed ? 1 as UInt8 : 0)
        try GeometryCoding.append(PostgresPath.self, points, to: &buffer, as: type)
    }
}
