public import PostgresWire

/// Which transactions count as finished: `pg_snapshot`, as `pg_current_snapshot()` gives it, and the older
/// `txid_snapshot`.
public struct PostgresSnapshot: PostgresTextConvertible {
    /// The oldest transaction still running: everything before it has ended.
    public let xmin: PostgresXID8
    /// One more than the newest transaction that had ended: everything from it on had not.
    public let xmax: PostgresXID8
    /// The ones between the two that were still running, in ascending order.
    public let running: [PostgresXID8]

    /// Nil unless `0 < xmin <= xmax <= Int64.max` and `running` ascends within `xmin..<xmax`, as the server wants it.
    public init?(xmin: PostgresXID8, xmax: PostgresXID8, running: [PostgresXID8] = []) {
        guard xmin.rawValue > 0, xmin <= xmax, xmax.rawValue <= UInt64(Int64.max) else { return nil }
        var last: PostgresXID8?
        for xid in running {
            guard xmin <= xid, xid < xmax, last.map({ $0 < xid }) ?? true else { return nil }
            last = xid
        }
        self.xmin = xmin
        self.xmax = xmax
        self.running = running
    }

    /// True when the transaction had ended, committed or not, when the snapshot was taken
    /// (`pg_visible_in_snapshot` asks the same).
    public func sees(_ xid: PostgresXID8) -> Bool {
        xid < xmin || (xid < xmax && !running.contains(xid))
    }

    /// Reads `10:20:10,14,15`.
    public init?(_ description: String) {
        let value = TextScanner.read(description) { scanner -> PostgresSnapshot? in
            guard let xmin = scanner.unsigned(UInt64.self), scanner.takes(":"),
                let xmax = scanner.unsigned(UInt64.self), scanner.takes(":")
            else { return nil }
            var running: [PostgresXID8] = []
            while !scanner.isAtEnd {
                guard running.isEmpty || scanner.takes(","), let xid = scanner.unsigned(UInt64.self) else { return nil }
                running.append(PostgresXID8(rawValue: xid))
            }
            return PostgresSnapshot(
                xmin: PostgresXID8(rawValue: xmin), xmax: PostgresXID8(rawValue: xmax), running: running)
        }
        guard let value else { return nil }
        self = value
    }

    /// `10:20:10,14,15`: the two limits and those still running.
    public var description: String { "\(xmin):\(xmax):" + running.map(\.description).joined(separator: ",") }
}

/// The binary form (`pg_snapshot_send` in the server's source): how many are running, the two limits, the ones running.
extension PostgresSnapshot: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .pgSnapshot }
    @inlinable public static var postgresArrayType: PostgresType { .pgSnapshotArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .pgSnapshot || type == .txidSnapshot else {
            throw .cannotDecode(PostgresSnapshot.self, from: type)
        }
        guard bytes.byteCount >= 20 else { throw .invalidBytes(PostgresSnapshot.self, type: type, "it is cut off") }
        let count: Int32 = bytes.bigEndian()
        guard count >= 0, bytes.byteCount == 20 + 8 * Int(count) else {
            throw .invalidBytes(PostgresSnapshot.self, type: type, "its count and its length disagree")
        }
        let running = (0..<Int(count)).map { PostgresXID8(rawValue: bytes.bigEndian(at: 20 + 8 * $0)) }
        let value = PostgresSnapshot(
            xmin: PostgresXID8(rawValue: bytes.bigEndian(at: 4)), xmax: PostgresXID8(rawValue: bytes.bigEndian(at: 12)),
            running: running)
        guard let value else {
            throw .invalidBytes(PostgresSnapshot.self, type: type, "its transactions are out of order")
        }
        self = value
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .pgSnapshot || type == .txidSnapshot else { throw .cannotEncode(PostgresSnapshot.self, as: type) }
        guard let count = Int32(exactly: running.count) else { throw .outOfRange(PostgresSnapshot.self, as: type) }
        buffer.append(count)
        buffer.append(xmin.rawValue)
        buffer.append(xmax.rawValue)
        for xid in running { buffer.append(xid.rawValue) }
    }
}
