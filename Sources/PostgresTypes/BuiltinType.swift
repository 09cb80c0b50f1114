/// A built-in type: its OID, its SQL name, its OID as an array.
struct BuiltinType {
    var type: PostgresType
    var name: String
    var array: PostgresType

    static let all: [BuiltinType] = [
        BuiltinType(type: .bool, name: "boolean", array: .boolArray),
        BuiltinType(type: .bytea, name: "bytea", array: .byteaArray),
        BuiltinType(type: .char, name: "\"char\"", array: .charArray),
        BuiltinType(type: .name, name: "name", array: .nameArray),
        BuiltinType(type: .int8, name: "bigint", array: .int8Array),
        BuiltinType(type: .int2, name: "smallint", array: .int2Array),
        BuiltinType(type: .int4, name: "integer", array: .int4Array),
        BuiltinType(type: .text, name: "text", array: .textArray),
        BuiltinType(type: .oid, name: "oid", array: .oidArray),
        BuiltinType(type: .json, name: "json", array: .jsonArray),
        BuiltinType(type: .xml, name: "xml", array: .xmlArray),
        BuiltinType(type: .float4, name: "real", array: .float4Array),
        BuiltinType(type: .float8, name: "double precision", array: .float8Array),
        BuiltinType(type: .money, name: "money", array: .moneyArray),
        BuiltinType(type: .bpchar, name: "character", array: .bpcharArray),
        BuiltinType(type: .varchar, name: "character varying", array: .varcharArray),
        BuiltinType(type: .date, name: "date", array: .dateArray),
        BuiltinType(type: .time, name: "time without time zone", array: .timeArray),
        BuiltinType(type: .timestamp, name: "timestamp without time zone", array: .timestampArray),
        BuiltinType(type: .timestamptz, name: "timestamp with time zone", array: .timestamptzArray),
        BuiltinType(type: .interval, name: "interval", array: .intervalArray),
        BuiltinType(type: .timetz, name: "time with time zone", array: .timetzArray),
        BuiltinType(type: .bit, name: "bit", array: .bitArray),
        BuiltinType(type: .varbit, name: "bit varying", array: .varbitArray),
        BuiltinType(type: .numeric, name: "numeric", array: .numericArray),
        BuiltinType(type: .uuid, name: "uuid", array: .uuidArray),
        BuiltinType(type: .jsonb, name: "jsonb", array: .jsonbArray),
        BuiltinType(type: .jsonpath, name: "jsonpath", array: .jsonpathArray),
        BuiltinType(type: .inet, name: "inet", array: .inetArray),
        BuiltinType(type: .cidr, name: "cidr", array: .cidrArray),
        BuiltinType(type: .macaddr, name: "macaddr", array: .macaddrArray),
        BuiltinType(type: .macaddr8, name: "macaddr8", array: .macaddr8Array),
        BuiltinType(type: .point, name: "point", array: .pointArray),
        BuiltinType(type: .line, name: "line", array: .lineArray),
        BuiltinType(type: .lseg, name: "lseg", array: .lsegArray),
        BuiltinType(type: .box, name: "box", array: .boxArray),
        BuiltinType(type: .path, name: "path", array: .pathArray),
        BuiltinType(type: .polygon, name: "polygon", array: .polygonArray),
        BuiltinType(type: .circle, name: "circle", array: .circleArray),
        BuiltinType(type: .tsvector, name: "tsvector", array: .tsvectorArray),
        BuiltinType(type: .tsquery, name: "tsquery", array: .tsqueryArray),
        BuiltinType(type: .pgLSN, name: "pg_lsn", array: .pgLSNArray),
        BuiltinType(type: .xid, name: "xid", array: .xidArray),
        BuiltinType(type: .cid, name: "cid", array: .cidArray),
        BuiltinType(type: .tid, name: "tid", array: .tidArray),
        BuiltinType(type: .xid8, name: "xid8", array: .xid8Array),
        BuiltinType(type: .regclass, name: "regclass", array: .regclassArray),
        BuiltinType(type: .regtype, name: "regtype", array: .regtypeArray),
        BuiltinType(type: .regproc, name: "regproc", array: .regprocArray),
        BuiltinType(type: .int4range, name: "int4range", array: .int4rangeArray),
        BuiltinType(type: .int8range, name: "int8range", array: .int8rangeArray),
        BuiltinType(type: .numrange, name: "numrange", array: .numrangeArray),
        BuiltinType(type: .tsrange, name: "tsrange", array: .tsrangeArray),
        BuiltinType(type: .tstzrange, name: "tstzrange", array: .tstzrangeArray),
        BuiltinType(type: .daterange, name: "daterange", array: .daterangeArray),
        BuiltinType(type: .int4multirange, name: "int4multirange", array: .int4multirangeArray),
        BuiltinType(type: .int8multirange, name: "int8multirange", array: .int8multirangeArray),
        BuiltinType(type: .nummultirange, name: "nummultirange", array: .nummultirangeArray),
        BuiltinType(type: .tsmultirange, name: "tsmultirange", array: .tsmultirangeArray),
        BuiltinType(type: .tstzmultirange, name: "tstzmultirange", array: .tstzmultirangeArray),
        BuiltinType(type: .datemultirange, name: "datemultirange", array: .datemultirangeArray),
        BuiltinType(type: .regprocedure, name: "regprocedure", array: .regprocedureArray),
        BuiltinType(type: .regoper, name: "regoper", array: .regoperArray),
        BuiltinType(type: .regoperator, name: "regoperator", array: .regoperatorArray),
        BuiltinType(type: .regconfig, name: "regconfig", array: .regconfigArray),
        BuiltinType(type: .regdictionary, name: "regdictionary", array: .regdictionaryArray),
        BuiltinType(type: .regnamespace, name: "regnamespace", array: .regnamespaceArray),
        BuiltinType(type: .regrole, name: "regrole", array: .regroleArray),
        BuiltinType(type: .regcollation, name: "regcollation", array: .regcollationArray),
        BuiltinType(type: .pgSnapshot, name: "pg_snapshot", array: .pgSnapshotArray),
        BuiltinType(type: .txidSnapshot, name: "txid_snapshot", array: .txidSnapshotArray),
        BuiltinType(type: .refcursor, name: "refcursor", array: .refcursorArray),
    ]

    static let byOID = Dictionary(uniqueKeysWithValues: all.map { ($0.type, $0) })
    static let byArrayOID = Dictionary(uniqueKeysWithValues: all.map { ($0.array, $0) })
}

extension PostgresType {
    /// The element's type, when this is an array type; nil when it is none, or nothing is known of it.
    public var element: PostgresType? {
        let base = base
        if let builtin = BuiltinType.byArrayOID[base] { return builtin.type }
        if case .array(let element, _)? = base.info?.kind { return element }
        switch base {
        case .int2vector: return .int2
        case .oidvector: return .oid
        case .recordArray: return .record
        default: return nil
        }
    }

    /// The array type of these elements; nil when there is none, or nothing is known of it.
    public var array: PostgresType? {
        if let builtin = BuiltinType.byOID[self] { return builtin.array }
        if self == .record { return .recordArray }
        guard let info else { return nil }
        if rawValue == 0 {
            return PostgresType(oid: 0, name: "\(info.name)[]", kind: .array(of: self, delimiter: UInt8(ascii: ",")))
        }
        guard info.arrayOID != 0 else { return nil }
        return PostgresType(
            oid: info.arrayOID, schema: info.schema, name: "\(info.name)[]",
            kind: .array(of: self, delimiter: UInt8(ascii: ",")), hasBinaryForm: info.hasBinaryForm)
    }

    /// True for the types that this driver knows by their OID; others are looked up in the server's catalog.
    package var isKnown: Bool {
        if BuiltinType.byOID[self] != nil || BuiltinType.byArrayOID[self] != nil { return true }
        switch self {
        case .unspecified, .unknown, .void, .cstring, .record, .recordArray, .int2vector, .oidvector, .anyArray:
            return true
        default: return false
        }
    }
}

extension PostgresType: CustomStringConvertible {
    /// The name SQL knows a type by, where it is known, else its OID.
    public var description: String {
        if let type = ofTextForm { return type.description }
        if let info { return info.name }
        if let builtin = BuiltinType.byOID[self] { return builtin.name }
        if let builtin = BuiltinType.byArrayOID[self] { return "\(builtin.name)[]" }
        switch self {
        case .record: return "record"
        case .recordArray: return "record[]"
        default: return "type with OID \(rawValue)"
        }
    }
}
