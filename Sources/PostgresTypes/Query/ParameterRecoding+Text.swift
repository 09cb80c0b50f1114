import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The text form of values, which the server's input functions read whatever the session's settings are.
extension ParameterRecoding {
    /// Appends the text of a value that is encoded as `type`, meant for `wanted`.
    static func appendText(
        of bytes: RawSpan, _ type: PostgresType, for wanted: PostgresType, depth: Int = 0,
        to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .xml: buffer.append(bytes)
        case .jsonb: buffer.append(utf8: try String(binary: bytes, type: type))
        case .bool: try append(Bool.self, bytes, type, &buffer)
        case .int2: try append(Int16.self, bytes, type, &buffer)
        case .int4: try append(Int32.self, bytes, type, &buffer)
        case .int8: try append(Int64.self, bytes, type, &buffer)
        case .oid: try append(UInt32.self, bytes, type, &buffer)
        case .float4: try append(Float.self, bytes, type, &buffer)
        case .float8: try append(Double.self, bytes, type, &buffer)
        case .numeric: try append(PostgresNumeric.self, bytes, type, &buffer)
        case .uuid: try append(UUID.self, bytes, type, &buffer)
        case .date: try append(PostgresDate.self, bytes, type, &buffer)
        case .time: try append(PostgresTime.self, bytes, type, &buffer)
        case .timetz: try append(PostgresTimeTZ.self, bytes, type, &buffer)
        case .timestamp: try append(PostgresTimestamp.self, bytes, type, &buffer)
        case .timestamptz: try append(PostgresTimestampTZ.self, bytes, type, &buffer)
        case .interval: try append(PostgresInterval.self, bytes, type, &buffer)
        case .bytea: appendHexadecimal(bytes, to: &buffer)
        case .bit, .varbit: try append(PostgresBits.self, bytes, type, &buffer)
        case .inet: try append(PostgresInet.self, bytes, type, &buffer)
        case .cidr: try append(PostgresCIDR.self, bytes, type, &buffer)
        case .macaddr: try append(PostgresMACAddress.self, bytes, type, &buffer)
        case .macaddr8: try append(PostgresMACAddress8.self, bytes, type, &buffer)
        case .point: try append(PostgresPoint.self, bytes, type, &buffer)
        case .line: try append(PostgresLine.self, bytes, type, &buffer)
        case .lseg: try append(PostgresLineSegment.self, bytes, type, &buffer)
        case .box: try append(PostgresBox.self, bytes, type, &buffer)
        case .path: try append(PostgresPath.self, bytes, type, &buffer)
        case .polygon: try append(PostgresPolygon.self, bytes, type, &buffer)
        case .circle: try append(PostgresCircle.self, bytes, type, &buffer)
        case .tsvector: try append(PostgresTSVector.self, bytes, type, &buffer)
        case .tsquery: try append(PostgresTSQuery.self, bytes, type, &buffer)
        case .jsonpath: try append(PostgresJSONPath.self, bytes, type, &buffer)
        case .xid8: try append(PostgresXID8.self, bytes, type, &buffer)
        case .pgSnapshot: try append(PostgresSnapshot.self, bytes, type, &buffer)
        default:
            try appendContainerText(of: bytes, type, for: wanted, depth: depth, to: &buffer)
        }
    }

    private static func append<V: PostgresDecodable & CustomStringConvertible>(
        _: V.Type, _ bytes: RawSpan, _ type: PostgresType, _ buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        buffer.append(utf8: try V(binary: bytes, type: type).description)
    }

    /// `\x00ff` (PostgreSQL documentation, "bytea Hex Format").
    private static func appendHexadecimal(_ bytes: RawSpan, to buffer: inout PostgresBuffer) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
        buffer.append(utf8: "\\x")
        for position in 0..<bytes.byteCount {
            let byte: UInt8 = bytes.bigEndian(at: position)
            buffer.append(digit(byte >> 4))
            buffer.append(digit(byte & 15))
        }
    }
}
