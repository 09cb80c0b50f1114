import Postgres

/// Puts a model's values into a statement, in one of the three ways that statements want them.
struct ModelValues {
    enum Layout {
        /// `$1, DEFAULT, $2`
        case row
        /// `"a" = $1, "b" = $2`
        case assignments
        /// `"a" = $1 AND "b" = $2`
        case key
    }

    let layout: Layout
    let sqlColumns: [String]
    private var isFirst = true

    init(_ layout: Layout, sqlColumns: [String]) {
        self.layout = layout
        self.sqlColumns = sqlColumns
    }

    /// Appends the value of the column at `column`. A nil in a row leaves the column to its default, if it has one.
    mutating func append<V: PostgresEncodable>(
        _ value: V, column: Int, hasDefault: Bool, to renderer: inout SQLRenderer
    ) {
        begin(column, in: &renderer)
        if hasDefault, layout == .row, value.isPostgresNull {
            renderer.append("DEFAULT")
        } else {
            renderer.append(value: value)
        }
    }

    private mutating func begin(_ column: Int, in renderer: inout SQLRenderer) {
        if !isFirst { renderer.append(layout == .key ? " AND " : ", ") }
        isFirst = false
        if layout != .row { renderer.append(sqlColumns[column] + " = ") }
    }
}
