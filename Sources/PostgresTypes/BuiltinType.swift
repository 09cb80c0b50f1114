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
    ]

    static let byOID = Dictionary(uniqueKeysWithValues: all.map { ($0.type, $0) })
    static let byArrayOID = Dictionary(uniqueKeysWithValues: all.map { ($0.array, $0) })
}

extension PostgresType {
    /// The element's type, when this is a built-in array type.
    public var element: PostgresType? { BuiltinType.byArrayOID[self]?.type }
    /// The built-in array type of these elements.
    public var array: PostgresType? { BuiltinType.byOID[self]?.array }
}

extension PostgresType: CustomStringConvertible {
    /// The name SQL knows a built-in type by, else its OID.
    public var description: String {
        if let builtin = BuiltinType.byOID[self] { return builtin.name }
        if let builtin = BuiltinType.byArrayOID[self] { return "\(builtin.name)[]" }
        return "type with OID \(rawValue)"
    }
}
