/// A type whose values are the rows of one table.
///
///     struct Project: Model {
///         var id = 0
///         var projectID: String
///         var isActive: Bool
///
///         static let schema = Schema("projects", Project.init,
///             Column("id", \.id, .identity),
///             Column("project_id", \.projectID, .unique),
///             Column("is_active", \.isActive, .default(true)))
///     }
///
/// Any `Sendable` type will do, a struct above all: nothing is inherited, generated or reflected on. The schema is the
/// one declaration that reading, writing, querying and creating the table go by.
public protocol Model: Sendable {
    /// The table, and which column goes into which property. Make it a `static let`.
    static var schema: Schema<Self> { get }
}
