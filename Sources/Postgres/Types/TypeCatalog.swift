import PostgresTypes

/// What a session has learned from the server's catalog of the types that are not built in.
///
/// Each session asks for itself, once for each type: what an OID stands for is a database's own business, and a session
/// cannot change its database under us, as the address of a pool can when a dump is restored.
struct TypeCatalog {
    private var types: [UInt32: PostgresType] = [:]
    /// False once the server has refused the question: it is not PostgreSQL then, and its types stay unknown.
    var isAnswered = true

    var isEmpty: Bool { types.isEmpty }

    /// The type with what is known of it; the type itself where nothing is.
    subscript(type: PostgresType) -> PostgresType { types[type.rawValue] ?? type }

    /// The OIDs to be asked for. Empty, after one look at each type, when all are built in or have been met before.
    func missing(among types: [PostgresType]) -> [UInt32] {
        guard isAnswered else { return [] }
        var missing: [UInt32] = []
        for type in types where !type.isKnown && self.types[type.rawValue] == nil {
            if !missing.contains(type.rawValue) { missing.append(type.rawValue) }
        }
        return missing
    }

    mutating func insert(_ found: [UInt32: PostgresType]) {
        types.merge(found) { _, new in new }
    }

    /// Forgets everything: a type has been changed, or made anew under another OID.
    mutating func removeAll() { types = [:] }
}

/// One row of the catalog.
struct CatalogRow {
    var oid: UInt32
    var schema: String
    var name: String
    /// `pg_type.typtype`.
    var kind: String
    var isArray: Bool
    var element: UInt32
    var array: UInt32
    var base: UInt32
    var delimiter: UInt8
    var hasSend: Bool
    var labels: [String]
    var attributeNames: [String]
    var attributeTypes: [UInt32]
    var rangeBound: UInt32
    var multirangeRange: UInt32

    /// The cells as the statement below selects them, in text; nil when they are not what it should give.
    init?(_ cells: [String?]) {
        func number(_ index: Int) -> UInt32? { cells[index].map { UInt32($0) } ?? 0 }
        func texts(_ index: Int) -> [String]? {
            guard let text = cells[index] else { return [] }
            return try? [String](text: text, type: .textArray)
        }
        guard cells.count == 15 else { return nil }
        guard let oid = number(0), let schema = cells[1], let name = cells[2], let kind = cells[3],
            let element = number(5), let array = number(6), let base = number(7), let delimiter = cells[8]?.utf8.first,
            let labels = texts(10), let names = texts(11), let types = texts(12), let bound = number(13),
            let range = number(14)
        else { return nil }
        self.oid = oid
        self.schema = schema
        self.name = name
        self.kind = kind
        isArray = cells[4] == "t"
        self.element = element
        self.array = array
        self.base = base
        self.delimiter = delimiter
        hasSend = cells[9] == "t"
        self.labels = labels
        attributeNames = names
        attributeTypes = types.compactMap { UInt32($0) }
        rangeBound = bound
        multirangeRange = range
        guard attributeNames.count == attributeTypes.count else { return nil }
    }

    /// A statement that gives these types and all that they are made of. It runs by the simple protocol, so that it
    /// takes no place among a session's statements and goes through every pooler; names are qualified, so that no
    /// search path misleads it.
    static func statement(for oids: [UInt32]) -> String {
        """
        WITH RECURSIVE part(oid) AS (
            SELECT pg_catalog.unnest('{\(oids.map(String.init).joined(separator: ","))}'::pg_catalog.oid[])
            UNION
            SELECT inner_part.oid FROM part JOIN pg_catalog.pg_type AS t ON t.oid = part.oid CROSS JOIN LATERAL (
                SELECT t.typelem AS oid
                UNION ALL SELECT t.typbasetype
                UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
                    WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid
                UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range AS r
                    WHERE t.typtype = 'm' AND (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid = t.oid
            ) AS inner_part WHERE inner_part.oid <> 0
        )
        SELECT t.oid, n.nspname, t.typname, t.typtype, t.typcategory = 'A' AND t.typelem <> 0, t.typelem, t.typarray,
            t.typbasetype, t.typdelim, t.typsend <> 0,
            (SELECT pg_catalog.array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e
                WHERE e.enumtypid = t.oid),
            (SELECT pg_catalog.array_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped),
            (SELECT pg_catalog.array_agg(a.atttypid ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped),
            (SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid),
            (SELECT r.rngtypid FROM pg_catalog.pg_range AS r
                WHERE t.typtype = 'm' AND (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid = t.oid)
        FROM part JOIN pg_catalog.pg_type AS t ON t.oid = part.oid
            JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
        """
    }
}

/// Makes types of the catalog's rows, what they are made of first.
struct CatalogReader {
    private let rows: [UInt32: CatalogRow]
    private(set) var types: [UInt32: PostgresType] = [:]
    private var depth = 0

    init(_ rows: [CatalogRow]) {
        self.rows = Dictionary(rows.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
        for oid in self.rows.keys { _ = type(oid) }
    }

    private mutating func type(_ oid: UInt32) -> PostgresType {
        let plain = PostgresType(rawValue: oid)
        if let type = types[oid] { return type }
        // No type is made of itself, whatever a server says.
        guard !plain.isKnown, let row = rows[oid], depth < 100 else { return plain }
        depth += 1
        defer { depth -= 1 }
        let (kind, hasBinaryForm) = content(of: row)
        let type = PostgresType(
            oid: oid, schema: row.schema, name: name(of: row, kind), kind: kind, arrayOID: row.array,
            hasBinaryForm: hasBinaryForm)
        types[oid] = type
        return type
    }

    private func name(of row: CatalogRow, _ kind: PostgresTypeInfo.Kind) -> String {
        if case .array(let element, _) = kind { return "\(element)[]" }
        return row.name
    }

    private mutating func content(of row: CatalogRow) -> (PostgresTypeInfo.Kind, hasBinaryForm: Bool) {
        switch row.kind {
        case "b" where row.isArray:
            let element = type(row.element)
            return (.array(of: element, delimiter: row.delimiter), row.hasSend && element.hasBinaryForm)
        case "e": return (.enumeration(labels: row.labels), row.hasSend)
        case "d":
            let base = type(row.base)
            return (.domain(of: base), base.hasBinaryForm)
        case "c":
            let attributes = zip(row.attributeNames, row.attributeTypes).map { name, oid in
                PostgresTypeInfo.Attribute(name: name, type: type(oid))
            }
            return (.composite(attributes), attributes.allSatisfy { $0.type.hasBinaryForm })
        case "r":
            let bound = type(row.rangeBound)
            return (.range(of: bound), bound.hasBinaryForm)
        case "m":
            let range = type(row.multirangeRange)
            return (.multirange(of: range), range.hasBinaryForm)
        case "p": return (.pseudo, row.hasSend)
        default: return (.base, row.hasSend)
        }
    }
}
