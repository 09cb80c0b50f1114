/// The built-in range types, their multiranges, and the arrays of both.
extension PostgresType {
    /// `int4range`.
    @inlinable public static var int4range: PostgresType { PostgresType(rawValue: 3904) }
    /// `int4range[]`.
    @inlinable public static var int4rangeArray: PostgresType { PostgresType(rawValue: 3905) }
    /// `int4multirange`.
    @inlinable public static var int4multirange: PostgresType { PostgresType(rawValue: 4451) }
    /// `int4multirange[]`.
    @inlinable public static var int4multirangeArray: PostgresType { PostgresType(rawValue: 6150) }
    /// `numrange`.
    @inlinable public static var numrange: PostgresType { PostgresType(rawValue: 3906) }
    /// `numrange[]`.
    @inlinable public static var numrangeArray: PostgresType { PostgresType(rawValue: 3907) }
    /// `nummultirange`.
    @inlinable public static var nummultirange: PostgresType { PostgresType(rawValue: 4532) }
    /// `nummultirange[]`.
    @inlinable public static var nummultirangeArray: PostgresType { PostgresType(rawValue: 6151) }
    /// `tsrange`.
    @inlinable public static var tsrange: PostgresType { PostgresType(rawValue: 3908) }
    /// `tsrange[]`.
    @inlinable public static var tsrangeArray: PostgresType { PostgresType(rawValue: 3909) }
    /// `tsmultirange`.
    @inlinable public static var tsmultirange: PostgresType { PostgresType(rawValue: 4533) }
    /// `tsmultirange[]`.
    @inlinable public static var tsmultirangeArray: PostgresType { PostgresType(rawValue: 6152) }
    /// `tstzrange`.
    @inlinable public static var tstzrange: PostgresType { PostgresType(rawValue: 3910) }
    /// `tstzrange[]`.
    @inlinable public static var tstzrangeArray: PostgresType { PostgresType(rawValue: 3911) }
    /// `tstzmultirange`.
    @inlinable public static var tstzmultirange: PostgresType { PostgresType(rawValue: 4534) }
    /// `tstzmultirange[]`.
    @inlinable public static var tstzmultirangeArray: PostgresType { PostgresType(rawValue: 6153) }
    /// `daterange`.
    @inlinable public static var daterange: PostgresType { PostgresType(rawValue: 3912) }
    /// `daterange[]`.
    @inlinable public static var daterangeArray: PostgresType { PostgresType(rawValue: 3913) }
    /// `datemultirange`.
    @inlinable public static var datemultirange: PostgresType { PostgresType(rawValue: 4535) }
    /// `datemultirange[]`.
    @inlinable public static var datemultirangeArray: PostgresType { PostgresType(rawValue: 6155) }
    /// `int8range`.
    @inlinable public static var int8range: PostgresType { PostgresType(rawValue: 3926) }
    /// `int8range[]`.
    @inlinable public static var int8rangeArray: PostgresType { PostgresType(rawValue: 3927) }
    /// `int8multirange`.
    @inlinable public static var int8multirange: PostgresType { PostgresType(rawValue: 4536) }
    /// `int8multirange[]`.
    @inlinable public static var int8multirangeArray: PostgresType { PostgresType(rawValue: 6157) }
}

/// A built-in range: itself, what its bounds are, its multirange.
struct BuiltinRange {
    var range: PostgresType
    var bound: PostgresType
    var multirange: PostgresType

    static let all = [
        BuiltinRange(range: .int4range, bound: .int4, multirange: .int4multirange),
        BuiltinRange(range: .numrange, bound: .numeric, multirange: .nummultirange),
        BuiltinRange(range: .tsrange, bound: .timestamp, multirange: .tsmultirange),
        BuiltinRange(range: .tstzrange, bound: .timestamptz, multirange: .tstzmultirange),
        BuiltinRange(range: .daterange, bound: .date, multirange: .datemultirange),
        BuiltinRange(range: .int8range, bound: .int8, multirange: .int8multirange),
    ]

    static let byRange = Dictionary(uniqueKeysWithValues: all.map { ($0.range, $0) })
    static let byMultirange = Dictionary(uniqueKeysWithValues: all.map { ($0.multirange, $0) })
    static let byBound = Dictionary(uniqueKeysWithValues: all.map { ($0.bound, $0) })
}

extension PostgresType {
    /// What the bounds of a range type are; nil when it is none, or nothing is known of it.
    public var rangeBound: PostgresType? {
        if let builtin = BuiltinRange.byRange[base] { return builtin.bound }
        if case .range(let bound)? = base.info?.kind { return bound }
        return nil
    }

    /// The range type that a multirange type is made of; nil when it is none, or nothing is known of it.
    public var multirangeRange: PostgresType? {
        if let builtin = BuiltinRange.byMultirange[base] { return builtin.range }
        if case .multirange(let range)? = base.info?.kind { return range }
        return nil
    }

    /// Ranges of this type: the built-in one, or, where users make their own, one that is known by its bounds only.
    public var range: PostgresType {
        BuiltinRange.byBound[self]?.range
            ?? PostgresType(oid: 0, name: "range of \(self)", kind: .range(of: self))
    }

    /// Multiranges of these ranges.
    public var multirange: PostgresType {
        BuiltinRange.byRange[self]?.multirange
            ?? PostgresType(oid: 0, name: "multi\(self)", kind: .multirange(of: self))
    }
}
