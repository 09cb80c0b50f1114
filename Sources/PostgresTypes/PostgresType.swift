/// The type of a column or parameter: an OID of `pg_type`.
///
/// The built-in ones have the same OID on every server (`pg_type.dat` of the server's source). Others, such as enums
/// and extension types, get theirs when they are created: those of a connection's columns carry what its catalog says
/// of them (``info``), those that Swift types name as their own have a name and no OID (``init(named:)``).
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    /// The OID; 0 for a type that is known by its name only.
    public let rawValue: UInt32
    /// What else is known of it. Not counted: what is pointed at is never freed, so a type is copied like a number.
    @usableFromInline let reference: Unmanaged<PostgresTypeInfo>?

    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
        reference = nil
    }

    @usableFromInline
    init(rawValue: UInt32, info: PostgresTypeInfo) {
        self.rawValue = rawValue
        reference = Unmanaged.passUnretained(info)
    }

    // Written out so that a comparison in another module is one instruction and not a call. The same OID is the same
    // type whatever is known of it.
    @inlinable public static func == (left: PostgresType, right: PostgresType) -> Bool {
        guard left.rawValue == right.rawValue else { return false }
        return left.rawValue != 0 || left.reference?.toOpaque() == right.reference?.toOpaque()
    }

    /// Left to the server to infer.
    @inlinable public static var unspecified: PostgresType { PostgresType(rawValue: 0) }
    /// A literal whose type the server could not tell.
    @inlinable public static var unknown: PostgresType { PostgresType(rawValue: 705) }
    /// What functions without a result return.
    @inlinable public static var void: PostgresType { PostgresType(rawValue: 2278) }
    /// Text in the server's own functions.
    @inlinable public static var cstring: PostgresType { PostgresType(rawValue: 2275) }
    /// The name of a cursor.
    @inlinable public static var refcursor: PostgresType { PostgresType(rawValue: 1790) }

    /// A row without a type of its own, as `ROW(1, 'a')` makes it.
    @inlinable public static var record: PostgresType { PostgresType(rawValue: 2249) }
    /// `record[]`.
    @inlinable public static var recordArray: PostgresType { PostgresType(rawValue: 2287) }
    /// An array of what the array itself says; columns of `pg_stats` are some.
    @inlinable public static var anyArray: PostgresType { PostgresType(rawValue: 2277) }
    /// `int2vector`, an array in the server's catalog.
    @inlinable public static var int2vector: PostgresType { PostgresType(rawValue: 22) }
    /// `oidvector`, an array in the server's catalog.
    @inlinable public static var oidvector: PostgresType { PostgresType(rawValue: 30) }

    /// `boolean`.
    @inlinable public static var bool: PostgresType { PostgresType(rawValue: 16) }
    /// `bytea`.
    @inlinable public static var bytea: PostgresType { PostgresType(rawValue: 17) }
    /// `"char"`.
    @inlinable public static var char: PostgresType { PostgresType(rawValue: 18) }
    /// `name`.
    @inlinable public static var name: PostgresType { PostgresType(rawValue: 19) }
    /// `bigint`.
    @inlinable public static var int8: PostgresType { PostgresType(rawValue: 20) }
    /// `smallint`.
    @inlinable public static var int2: PostgresType { PostgresType(rawValue: 21) }
    /// `integer`.
    @inlinable public static var int4: PostgresType { PostgresType(rawValue: 23) }
    /// `text`.
    @inlinable public static var text: PostgresType { PostgresType(rawValue: 25) }
    /// `oid`.
    @inlinable public static var oid: PostgresType { PostgresType(rawValue: 26) }
    /// `json`.
    @inlinable public static var json: PostgresType { PostgresType(rawValue: 114) }
    /// `xml`.
    @inlinable public static var xml: PostgresType { PostgresType(rawValue: 142) }
    /// `real`.
    @inlinable public static var float4: PostgresType { PostgresType(rawValue: 700) }
    /// `double precision`.
    @inlinable public static var float8: PostgresType { PostgresType(rawValue: 701) }
    /// `money`.
    @inlinable public static var money: PostgresType { PostgresType(rawValue: 790) }
    /// `character`.
    @inlinable public static var bpchar: PostgresType { PostgresType(rawValue: 1042) }
    /// `character varying`.
    @inlinable public static var varchar: PostgresType { PostgresType(rawValue: 1043) }
    /// `date`.
    @inlinable public static var date: PostgresType { PostgresType(rawValue: 1082) }
    /// `time without time zone`.
    @inlinable public static var time: PostgresType { PostgresType(rawValue: 1083) }
    /// `timestamp without time zone`.
    @inlinable public static var timestamp: PostgresType { PostgresType(rawValue: 1114) }
    /// `timestamp with time zone`.
    @inlinable public static var timestamptz: PostgresType { PostgresType(rawValue: 1184) }
    /// `interval`.
    @inlinable public static var interval: PostgresType { PostgresType(rawValue: 1186) }
    /// `time with time zone`.
    @inlinable public static var timetz: PostgresType { PostgresType(rawValue: 1266) }
    /// `bit`.
    @inlinable public static var bit: PostgresType { PostgresType(rawValue: 1560) }
    /// `bit varying`.
    @inlinable public static var varbit: PostgresType { PostgresType(rawValue: 1562) }
    /// `numeric`.
    @inlinable public static var numeric: PostgresType { PostgresType(rawValue: 1700) }
    /// `uuid`.
    @inlinable public static var uuid: PostgresType { PostgresType(rawValue: 2950) }
    /// `jsonb`.
    @inlinable public static var jsonb: PostgresType { PostgresType(rawValue: 3802) }
    /// `jsonpath`.
    @inlinable public static var jsonpath: PostgresType { PostgresType(rawValue: 4072) }
    /// `inet`.
    @inlinable public static var inet: PostgresType { PostgresType(rawValue: 869) }
    /// `cidr`.
    @inlinable public static var cidr: PostgresType { PostgresType(rawValue: 650) }
    /// `macaddr`.
    @inlinable public static var macaddr: PostgresType { PostgresType(rawValue: 829) }
    /// `macaddr8`.
    @inlinable public static var macaddr8: PostgresType { PostgresType(rawValue: 774) }
    /// `point`.
    @inlinable public static var point: PostgresType { PostgresType(rawValue: 600) }
    /// `line`.
    @inlinable public static var line: PostgresType { PostgresType(rawValue: 628) }
    /// `lseg`.
    @inlinable public static var lseg: PostgresType { PostgresType(rawValue: 601) }
    /// `box`.
    @inlinable public static var box: PostgresType { PostgresType(rawValue: 603) }
    /// `path`.
    @inlinable public static var path: PostgresType { PostgresType(rawValue: 602) }
    /// `polygon`.
    @inlinable public static var polygon: PostgresType { PostgresType(rawValue: 604) }
    /// `circle`.
    @inlinable public static var circle: PostgresType { PostgresType(rawValue: 718) }
    /// `tsvector`.
    @inlinable public static var tsvector: PostgresType { PostgresType(rawValue: 3614) }
    /// `tsquery`.
    @inlinable public static var tsquery: PostgresType { PostgresType(rawValue: 3615) }
    /// `pg_lsn`.
    @inlinable public static var pgLSN: PostgresType { PostgresType(rawValue: 3220) }
    /// `xid`.
    @inlinable public static var xid: PostgresType { PostgresType(rawValue: 28) }
    /// `cid`.
    @inlinable public static var cid: PostgresType { PostgresType(rawValue: 29) }
    /// `tid`.
    @inlinable public static var tid: PostgresType { PostgresType(rawValue: 27) }
    /// `xid8`.
    @inlinable public static var xid8: PostgresType { PostgresType(rawValue: 5069) }
    /// `regclass`.
    @inlinable public static var regclass: PostgresType { PostgresType(rawValue: 2205) }
    /// `regtype`.
    @inlinable public static var regtype: PostgresType { PostgresType(rawValue: 2206) }
    /// `regproc`.
    @inlinable public static var regproc: PostgresType { PostgresType(rawValue: 24) }
    /// `regprocedure`.
    @inlinable public static var regprocedure: PostgresType { PostgresType(rawValue: 2202) }
    /// `regoper`.
    @inlinable public static var regoper: PostgresType { PostgresType(rawValue: 2203) }
    /// `regoperator`.
    @inlinable public static var regoperator: PostgresType { PostgresType(rawValue: 2204) }
    /// `regconfig`.
    @inlinable public static var regconfig: PostgresType { PostgresType(rawValue: 3734) }
    /// `regdictionary`.
    @inlinable public static var regdictionary: PostgresType { PostgresType(rawValue: 3769) }
    /// `regnamespace`.
    @inlinable public static var regnamespace: PostgresType { PostgresType(rawValue: 4089) }
    /// `regrole`.
    @inlinable public static var regrole: PostgresType { PostgresType(rawValue: 4096) }
    /// `regcollation`.
    @inlinable public static var regcollation: PostgresType { PostgresType(rawValue: 4191) }
    /// `pg_snapshot`.
    @inlinable public static var pgSnapshot: PostgresType { PostgresType(rawValue: 5038) }
    /// `txid_snapshot`.
    @inlinable public static var txidSnapshot: PostgresType { PostgresType(rawValue: 2970) }
}
