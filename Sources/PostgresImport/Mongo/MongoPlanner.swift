import PostgresTypes

/// Makes the plan of one collection: reads every document once and chooses the fields that become columns.
struct MongoPlanner {
    let collection: MongoSource.Collection

    /// A field becomes a column when at least this share of all documents has it with one scalar type.
    private static let share = 0.75
    /// More columns than this and a table is no easier to read than the document.
    private static let maximumColumns = 100

    private static let dataColumn = "data"

    func makePlan(
        names: inout ConstraintNames, rowsBefore: Int, progress: (ScanProgress) -> Void
    ) throws(ImportError) -> TablePlan {
        let (fields, documents) = try scan(rowsBefore: rowsBefore, progress: progress)
        var target = TargetNames.snakeCase(collection.name)
        if target.isEmpty { target = "documents" }
        var plan = TablePlan(
            source: collection.name, target: target, rowCount: documents, columns: [], documentColumn: Self.dataColumn)
        if let id = fields["_id"] { addKey(id, hasIDField: fields["id"] != nil, documents, to: &plan, &names) }
        addColumns(fields, documents, to: &plan)
        let indexName = names.name(target, Self.dataColumn, "idx")
        plan.indexes.append(
            IndexPlan(name: indexName, columns: [IndexPlan.Column(name: Self.dataColumn)], method: "gin"))
        plan.notes.append(
            "in \(Self.dataColumn), ObjectIds and UUIDs are text, dates ISO 8601 text in UTC; types that JSON has no "
                + "equal for keep their Extended JSON form")
        return plan
    }

    private func scan(
        rowsBefore: Int, progress: (ScanProgress) -> Void
    ) throws(ImportError) -> (fields: [String: MongoFieldStatistics], documents: Int) {
        var fields: [String: MongoFieldStatistics] = [:]
        var documents = 0
        let reader = try JSONDocumentReader(path: collection.path)
        while try reader.next() {
            let document = try reader.parse()
            documents += 1
            for member in document {
                let position = fields.count
                fields[member.key, default: MongoFieldStatistics(position: position)]
                    .observe(ExtendedJSON.value(member.value))
            }
            if documents % 4096 == 0 {
                progress(ScanProgress(table: collection.name, rows: rowsBefore + documents))
            }
        }
        progress(ScanProgress(table: collection.name, rows: rowsBefore + documents))
        return (fields, documents)
    }

    /// `_id` becomes `id`, by the one type it has, or as text when it has several; it stays in `data` too, where its type
    /// is kept.
    private func addKey(
        _ id: MongoFieldStatistics, hasIDField: Bool, _ documents: Int, to plan: inout TablePlan,
        _ names: inout ConstraintNames
    ) {
        var column = ColumnPlan(source: "_id", target: hasIDField ? "_id" : "id", type: .text)
        if let commonest = id.commonest, commonest.count == id.documents {
            column.type = id.type(for: commonest.family)
            if commonest.family == .objectID { column.notes.append("ObjectId as 24 hexadecimal digits") }
        } else {
            column.notes.append("of several types, so kept as text; the original is in \(Self.dataColumn)")
        }
        if id.documents == documents, id.nulls == 0 {
            column.isNullable = false
            plan.primaryKey = KeyPlan(name: names.name(plan.target, "pkey"), columns: [column.target])
        } else {
            plan.notes.append("\(documents - id.documents + id.nulls) documents have no _id: there is no primary key")
        }
        plan.columns.append(column)
    }

    private func addColumns(_ fields: [String: MongoFieldStatistics], _ documents: Int, to plan: inout TablePlan) {
        var taken = Set(plan.columns.map(\.target) + [Self.dataColumn])
        let candidates = fields.filter { $0.key != "_id" }.sorted { $0.value.position < $1.value.position }
        for (key, field) in candidates where plan.columns.count < Self.maximumColumns {
            guard let commonest = field.commonest,
                Double(commonest.count) >= Self.share * Double(documents)
            else { continue }
            let name = TargetNames.snakeCase(key)
            // Keys that leave no name of their own stay in the document.
            guard !name.isEmpty, name.utf8.count <= TargetNames.maximumBytes, taken.insert(name).inserted else {
                continue
            }
            var column = ColumnPlan(source: key, target: name, type: field.type(for: commonest.family))
            column.isNullable = commonest.count < documents
            if field.isMixed {
                column.notes.append(
                    "\(field.documents - field.nulls - commonest.count) values of other types stay in \(Self.dataColumn)"
                )
                column.isNullable = true
            }
            plan.columns.append(column)
        }
    }
}
