/// The built-in array types, of one dimension or more.
extension PostgresType {
    /// `boolean[]`.
    @inlinable public static var boolArray: PostgresType { PostgresType(rawValue: 1000) }
    /// `bytea[]`.
    @inlinable public static var byteaArray: PostgresType { PostgresType(rawValue: 1001) }
    /// `"char"[]`.
    @inlinable public static var charArray: PostgresType { PostgresType(rawValue: 1002) }
    /// `name[]`.
    @inlinable public static var nameArray: PostgresType { PostgresType(rawValue: 1003) }
    /// `bigint[]`.
    @inlinable public static var int8Array: PostgresType { PostgresType(rawValue: 1016) }
    /// `smallint[]`.
    @inlinable public static var int2Array: PostgresType { PostgresType(rawValue: 1005) }
    /// `integer[]`.
    @inlinable public static var int4Array: PostgresType { PostgresType(rawValue: 1007) }
    /// `text[]`.
    @inlinable public static var textArray: PostgresType { PostgresType(rawValue: 1009) }
    /// `oid[]`.
    @inlinable public static var oidArray: PostgresType { PostgresType(rawValue: 1028) }
    /// `json[]`.
    @inlinable public static var jsonArray: PostgresType { PostgresType(rawValue: 199) }
    /// `xml[]`.
    @inlinable public static var xmlArray: PostgresType { PostgresType(rawValue: 143) }
    /// `real[]`.
    @inlinable public static var float4Array: PostgresType { PostgresType(rawValue: 1021) }
    /// `double precision[]`.
    @inlinable public static var float8Array: PostgresType { PostgresType(rawValue: 1022) }
    /// `money[]`.
    @inlinable public static var moneyArray: PostgresType { PostgresType(rawValue: 791) }
    /// `character[]`.
    @inlinable public static var bpcharArray: PostgresType { PostgresType(rawValue: 1014) }
    /// `character varying[]`.
    @inlinable public static var varcharArray: PostgresType { PostgresType(rawValue: 1015) }
    /// `date[]`.
    @inlinable public static var dateArray: PostgresType { PostgresType(rawValue: 1182) }
    /// `time without time zone[]`.
    @inlinable public static var timeArray: PostgresType { PostgresType(rawValue: 1183) }
    /// `timestamp without time zone[]`.
    @inlinable public static var timestampArray: PostgresType { PostgresType(rawValue: 1115) }
    /// `timestamp with time zone[]`.
    @inlinable public static var timestamptzArray: PostgresType { PostgresType(rawValue: 1185) }
    /// `interval[]`.
    @inlinable public static var intervalArray: PostgresType { PostgresType(rawValue: 1187) }
    /// `time with time zone[]`.
    @inlinable public static var timetzArray: PostgresType { PostgresType(rawValue: 1270) }
    /// `bit[]`.
    @inlinable public static var bitArray: PostgresType { PostgresType(rawValue: 1561) }
    /// `bit varying[]`.
    @inlinable public static var varbitArray: PostgresType { PostgresType(rawValue: 1563) }
    /// `numeric[]`.
    @inlinable public static var numericArray: PostgresType { PostgresType(rawValue: 1231) }
    /// `uuid[]`.
    @inlinable public static var uuidArray: PostgresType { PostgresType(rawValue: 2951) }
    /// `jsonb[]`.
    @inlinable public static var jsonbArray: PostgresType { PostgresType(rawValue: 3807) }
    /// `jsonpath[]`.
    @inlinable public static var jsonpathArray: PostgresType { PostgresType(rawValue: 4073) }
    /// `inet[]`.
    @inlinable public static var inetArray: PostgresType { PostgresType(rawValue: 1041) }
    /// `cidr[]`.
    @inlinable public static var cidrArray: PostgresType { PostgresType(rawValue: 651) }
    /// `macaddr[]`.
    @inlinable public static var macaddrArray: PostgresType { PostgresType(rawValue: 1040) }
    /// `macaddr8[]`.
    @inlinable public static var macaddr8Array: PostgresType { PostgresType(rawValue: 775) }
    /// `point[]`.
    @inlinable public static var pointArray: PostgresType { PostgresType(rawValue: 1017) }
    /// `line[]`.
    @inlinable public static var lineArray: PostgresType { PostgresType(rawValue: 629) }
    /// `lseg[]`.
    @inlinable public static var lsegArray: PostgresType { PostgresType(rawValue: 1018) }
    /// `box[]`.
    @inlinable public static var boxArray: PostgresType { PostgresType(rawValue: 1020) }
    /// `path[]`.
    @inlinable public static var pathArray: PostgresType { PostgresType(rawValue: 1019) }
    /// `polygon[]`.
    @inlinable public static var polygonArray: PostgresType { PostgresType(rawValue: 1027) }
    /// `circle[]`.
    @inlinable public static var circleArray: PostgresType { PostgresType(rawValue: 719) }
    /// `tsvector[]`.
    @inlinable public static var tsvectorArray: PostgresType { PostgresType(rawValue: 3643) }
    /// `tsquery[]`.
    @inlinable public static var tsqueryArray: PostgresType { PostgresType(rawValue: 3645) }
    /// `pg_lsn[]`.
    @inlinable public static var pgLSNArray: PostgresType { PostgresType(rawValue: 3221) }
    /// `xid[]`.
    @inlinable public static var xidArray: PostgresType { PostgresType(rawValue: 1011) }
    /// `cid[]`.
    @inlinable public static var cidArray: PostgresType { PostgresType(rawValue: 1012) }
    /// `tid[]`.
    @inlinable public static var tidArray: PostgresType { PostgresType(rawValue: 1010) }
    /// `xid8[]`.
    @inlinable public static var xid8Array: PostgresType { PostgresType(rawValue: 271) }
    /// `regclass[]`.
    @inlinable public static var regclassArray: PostgresType { PostgresType(rawValue: 2210) }
    /// `regtype[]`.
    @inlinable public static var regtypeArray: PostgresType { PostgresType(rawValue: 2211) }
    /// `regproc[]`.
    @inlinable public static var regprocArray: PostgresType { PostgresType(rawValue: 1008) }
    /// `regprocedure[]`.
    @inlinable public static var regprocedureArray: PostgresType { PostgresType(rawValue: 2207) }
    /// `regoper[]`.
    @inlinable public static var regoperArray: PostgresType { PostgresType(rawValue: 2208) }
    /// `regoperator[]`.
    @inlinable public static var regoperatorArray: PostgresType { PostgresType(rawValue: 2209) }
    /// `regconfig[]`.
    @inlinable public static var regconfigArray: PostgresType { PostgresType(rawValue: 3735) }
    /// `regdictionary[]`.
    @inlinable public static var regdictionaryArray: PostgresType { PostgresType(rawValue: 3770) }
    /// `regnamespace[]`.
    @inlinable public static var regnamespaceArray: PostgresType { PostgresType(rawValue: 4090) }
    /// `regrole[]`.
    @inlinable public static var regroleArray: PostgresType { PostgresType(rawValue: 4097) }
    /// `regcollation[]`.
    @inlinable public static var regcollationArray: PostgresType { PostgresType(rawValue: 4192) }
    /// `pg_snapshot[]`.
    @inlinable public static var pgSnapshotArray: PostgresType { PostgresType(rawValue: 5039) }
    /// `txid_snapshot[]`.
    @inlinable public static var txidSnapshotArray: PostgresType { PostgresType(rawValue: 2949) }
    /// `refcursor[]`.
    @inlinable public static var refcursorArray: PostgresType { PostgresType(rawValue: 2201) }
}
