#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A MongoDB export as a source of tables: a file of JSON documents, or a directory with one file per collection.
///
/// Files are arrays or lines of Extended JSON, as `mongoexport` and `JSON.stringify` write them. Each collection becomes
/// a table: `_id` becomes its key, fields that nearly every document has as one scalar type become columns, and everything
/// else goes to the `data` column as `jsonb`. Nothing is lost: a value that does not fit its column stays in `data`.
public struct MongoSource: ImportSource {
    struct Collection: Sendable {
        var name: String
        var path: String
        var bytes: Int
    }

    let path: String
    let collections: [Collection]
    private let skipped: [SkippedObject]

    private static let extensions = [".json", ".jsonl", ".ndjson"]

    /// Finds the files; throws when there is none or one is empty.
    public init(path: String) throws(ImportError) {
        self.path = path
        var skipped: [SkippedObject] = []
        switch FileReader.kind(of: path) {
        case .missing: throw ImportError(.sourceUnreadable, "there is no file \(path)")
        case .file(let bytes):
            guard bytes > 0 else { throw ImportError(.sourceUnreadable, "\(path) is empty") }
            collections = [Collection(name: Self.name(of: path), path: path, bytes: bytes)]
        case .directory:
            var found: [Collection] = []
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            for name in names.sorted() {
                let file = path.hasSuffix("/") ? path + name : path + "/" + name
                guard case .file(let bytes) = FileReader.kind(of: file) else { continue }
                if name.hasSuffix(".bson") || name.hasSuffix(".gz") {
                    skipped.append(
                        SkippedObject(kind: "file", name: name, reason: "export it as JSON (mongoexport, bsondump)"))
                }
                guard Self.extensions.contains(where: { name.hasSuffix($0) }), !name.hasSuffix(".metadata.json") else {
                    continue
                }
                guard bytes > 0 else {
                    skipped.append(SkippedObject(kind: "file", name: name, reason: "it is empty"))
                    continue
                }
                found.append(Collection(name: Self.name(of: file), path: file, bytes: bytes))
            }
            guard !found.isEmpty else {
                throw ImportError(
                    .sourceUnreadable, "there is no .json, .jsonl or .ndjson file in \(path)",
                    advice: "Export each collection with mongoexport --out NAME.json")
            }
            collections = found
        }
        self.skipped = skipped
    }

    /// `exports/mongo-books.json` → `mongo-books`.
    private static func name(of path: String) -> String {
        var name = path.split(separator: "/").last.map { String($0) } ?? path
        if let ending = extensions.first(where: { name.hasSuffix($0) }) { name.removeLast(ending.count) }
        return name
    }

    public var description: SourceDescription {
        SourceDescription(kind: .mongo, path: path, bytes: collections.reduce(0) { $0 + $1.bytes })
    }

    public func makePlan(progress: (ScanProgress) -> Void = { _ in }) throws(ImportError) -> ImportPlan {
        var plan = ImportPlan(source: description, tables: [], skipped: skipped)
        var names = ConstraintNames(tables: [])
        for collection in collections {
            let table = try MongoPlanner(collection: collection).makePlan(
                names: &names, rowsBefore: plan.rowCount, progress: progress)
            plan.tables.append(table)
        }
        return plan
    }

    public func check(_ plan: ImportPlan) throws(ImportError) {
        try TargetNames.check(plan)
        for table in plan.tables {
            guard collections.contains(where: { $0.name == table.source }) else {
                throw ImportError(.invalidPlan, "the source has no such collection", table: table.source)
            }
            guard let documentColumn = table.documentColumn, table.column(target: documentColumn) == nil else {
                throw ImportError(
                    .invalidPlan, "a collection needs a documentColumn that is no other column's name",
                    table: table.source)
            }
            for column in table.columns {
                switch column.type {
                case .boolean, .bigint, .doublePrecision, .numeric, .text, .timestamptz, .uuid: break
                default:
                    throw ImportError(
                        .invalidPlan, "a field of documents cannot become \(column.type)",
                        advice: "Use boolean, bigint, double precision, numeric, text, timestamptz or uuid",
                        table: table.source, column: column.source)
                }
            }
            try table.checkReferences(in: plan)
        }
    }

    public func makeReader(for table: TablePlan) throws(ImportError) -> MongoRowReader {
        guard let collection = collections.first(where: { $0.name == table.source }) else {
            throw ImportError(.invalidPlan, "the source has no such collection", table: table.source)
        }
        return try MongoRowReader(table: table, path: collection.path)
    }
}
