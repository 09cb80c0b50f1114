/// What the program is doing, for tracers and comments: an operation's name, and tags.
///
///     try await PostgresTags.with(operation: "load cart", ["route": "/cart"]) {
///         try await pool.query("SELECT …")
///     }
///
/// It holds for the task, the functions it calls and its child tasks.
public struct PostgresTags: Sendable, Hashable {
    /// What statements are called: ``PostgresOperation/name``.
    public var operation: String?
    /// By name, the same for many statements: a route, a controller, a job.
    public var values: [String: String]

    /// Nothing, where nothing is given.
    public init(operation: String? = nil, _ values: [String: String] = [:]) {
        self.operation = operation
        self.values = values
    }

    /// Those of the current task.
    @TaskLocal public static var current = PostgresTags()

    /// Runs `body` with tags added to those that hold already; the same name is replaced.
    @discardableResult
    public static func with<R>(
        operation: String? = nil, _ values: [String: String] = [:], _ body: () async throws -> R
    ) async rethrows -> R {
        var tags = current
        if let operation { tags.operation = operation }
        tags.values.merge(values) { $1 }
        return try await $current.withValue(tags, operation: body)
    }
}

/// Tags that are appended to a statement as a comment.
public struct PostgresComment: Sendable, Hashable {
    /// The same for many statements; a statement with them is kept parsed like any other.
    public var tags: [String: String]
    /// Different each time, such as a trace's id. A statement with one is parsed each time and not kept.
    public var uniqueTags: [String: String]

    /// Nothing, where nothing is given.
    public init(tags: [String: String] = [:], uniqueTags: [String: String] = [:]) {
        self.tags = tags
        self.uniqueTags = uniqueTags
    }

    var isEmpty: Bool { tags.isEmpty && uniqueTags.isEmpty }

    mutating func merge(_ other: PostgresComment) {
        tags.merge(other.tags) { $1 }
        uniqueTags.merge(other.uniqueTags) { $1 }
    }

    /// `/*app='shop',route='%2Fcart'*/`: sorted, percent-encoded. Nothing in it can end the comment, be a quote or a
    /// placeholder, whatever the tags are.
    var text: String {
        let all = tags.merging(uniqueTags) { $1 }.sorted { $0.key < $1.key }
        return "/*" + all.map { "\(Self.encoded($0.key))='\(Self.encoded($0.value))'" }.joined(separator: ",") + "*/"
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}

/// Appends comments to statements, so that the server's log and `pg_stat_activity` tell who asked:
/// `SELECT … /*app='shop',route='%2Fcart'*/`.
///
/// Task-local ``PostgresTags`` are tags like those given here. Each different set of them is a statement of its own to the
/// server, kept parsed: give few different ones. A trace's id, different each time, comes from `traceparent`; a
/// statement with one costs parsing, so give it for the traces that are sampled only.
public struct PostgresCommenter: PostgresTracer {
    private let tags: [String: String]
    private let traceparent: (@Sendable () -> String?)?

    /// - Parameter traceparent: asked in the task that runs the statement, for the W3C `traceparent` of its trace.
    public init(_ tags: [String: String] = [:], traceparent: (@Sendable () -> String?)? = nil) {
        self.tags = tags
        self.traceparent = traceparent
    }

    public func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? { nil }

    public func tags(for operation: PostgresOperation) -> PostgresComment {
        var comment = PostgresComment(tags: tags.merging(PostgresTags.current.values) { $1 })
        if let parent = traceparent?() { comment.uniqueTags["traceparent"] = parent }
        return comment
    }
}
