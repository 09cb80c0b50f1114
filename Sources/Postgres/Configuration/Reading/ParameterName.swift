/// What a name is that stands before a value in a connection string: a parameter of ours, a setting for the server, or
/// a mistake. Nothing here repeats the name: where a password was not encoded, a piece of it may stand there.
enum ParameterName {
    case keyword(ConnectionKeyword)
    /// The name of a server setting, as far as one can tell from here.
    case setting(String)
    /// Neither; with what to do about it.
    case unknown(advice: String)

    init(_ name: String) {
        if let keyword = ConnectionKeyword(rawValue: name) {
            self = .keyword(keyword)
        } else if let advice = Self.ofOtherClients[name] {
            self = .unknown(advice: advice)
        } else if !Self.isPlausible(name) {
            self = .unknown(advice: "A name has letters, digits, _ and dots; percent-encode & and = inside a value")
        } else if !name.utf8.contains(UInt8(ascii: ".")), let similar = Self.similar(to: name) {
            self = .unknown(advice: "Did you mean \(similar)?")
        } else {
            self = .setting(name)
        }
    }

    /// What ORMs and other drivers read from a URL, and what to write instead.
    private static let ofOtherClients = [
        "schema": "Write search_path=NAME", "currentSchema": "Write search_path=NAME",
        "pgbouncer": "Remove it: a transaction pooler needs no setting here",
        "connection_limit": "Remove it, and set PostgresPoolOptions.maximumConnections",
        "pool_timeout": "Remove it, and set PostgresPoolOptions.acquireTimeout",
        "pool_max_conns": "Remove it, and set PostgresPoolOptions.maximumConnections",
        "sslaccept": "Remove it, and write sslmode=verify-full or sslmode=require",
        "sslidentity": "Remove it, and write sslcert and sslkey",
        "encoding": "Remove it: everything is UTF-8", "charset": "Remove it: everything is UTF-8",
        "statement_cache_size": "Remove it, and set PostgresConfiguration.statementCacheSize",
        "uselibpqcompat": "Remove it: sslmode has libpq's meaning here",
    ]

    /// As PostgreSQL's own settings and those of extensions (`pg_trgm.limit`) are spelled.
    private static func isPlausible(_ name: String) -> Bool {
        guard (1...127).contains(name.utf8.count), !name.hasSuffix(".") else { return false }
        var startsWord = true
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                startsWord = false
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "$"):
                if startsWord { return false }
            case UInt8(ascii: "."):
                if startsWord { return false }
                startsWord = true
            default: return false
            }
        }
        return true
    }

    private static let keywords = ConnectionKeyword.allCases.map { (name: $0.rawValue, folded: folded($0.rawValue)) }

    /// The parameter that is written nearly so.
    static func similar(to name: String) -> String? {
        let given = folded(name)
        var best: (name: String, distance: Int)?
        for known in keywords {
            let distance = distance(given, known.folded)
            guard distance <= (known.name.utf8.count < 6 ? 1 : 2), distance < best?.distance ?? .max else { continue }
            best = (known.name, distance)
        }
        return best?.name
    }

    private static func folded(_ name: String) -> [UInt8] {
        name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    }

    /// How many letters must be changed, added, removed or swapped with their neighbour; large where the lengths differ
    /// much.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard abs(a.count - b.count) <= 2 else { return .max }
        var (before, above, row) = ([Int](), [Int](), Array(0...b.count))
        for (i, x) in a.enumerated() {
            (before, above) = (above, row)
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                row[j + 1] = min(above[j] + (x == y ? 0 : 1), row[j] + 1, above[j + 1] + 1)
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { row[j + 1] = min(row[j + 1], before[j - 1] + 1) }
            }
        }
        return row[b.count]
    }
}
