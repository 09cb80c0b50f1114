/// One thing that rows are ordered by.
///
///     Project.order { $0.endedAt.descending.nullsLast }.order { $0.id.ascending }
public struct Ordering: Sendable {
    private enum Nulls: String { case first = " NULLS FIRST", last = " NULLS LAST" }

    private let node: SQLNode
    private let isDescending: Bool
    private var nulls: Nulls?

    fileprivate init(_ node: SQLNode, isDescending: Bool) {
        self.node = node
        self.isDescending = isDescending
    }

    /// NULLs before everything else. Without saying so they come last, and first where the order is descending.
    public var nullsFirst: Ordering { with(.first) }

    /// NULLs after everything else.
    public var nullsLast: Ordering { with(.last) }

    private func with(_ nulls: Nulls) -> Ordering {
        var copy = self
        copy.nulls = nulls
        return copy
    }

    func render(into renderer: inout SQLRenderer) {
        renderer.append(node)
        renderer.append(isDescending ? " DESC" : " ASC")
        if let nulls { renderer.append(nulls.rawValue) }
    }
}

extension SQLExpression {
    /// From the smallest to the largest.
    public var ascending: Ordering { Ordering(node, isDescending: false) }

    /// From the largest to the smallest.
    public var descending: Ordering { Ordering(node, isDescending: true) }
}
