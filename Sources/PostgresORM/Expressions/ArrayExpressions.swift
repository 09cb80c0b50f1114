public import Postgres

/// Containment of array columns, in the forms that a GIN index answers.
extension SQLExpression {
    /// `@>` with one element: it is in the array.
    @inlinable
    public func contains<Element>(_ element: Element) -> SQLExpression<Bool>
    where Value == [Element], [Element]: PostgresEncodable {
        SQLExpression<Bool>(.infix(node, "@>", SQLNode(value: [element])))
    }

    /// `@>` with one element: it is in the array.
    @inlinable
    public func contains<Element>(_ element: Element) -> SQLExpression<Bool>
    where Value == [Element]?, [Element]: PostgresEncodable {
        SQLExpression<Bool>(.infix(node, "@>", SQLNode(value: [element])))
    }

    /// `@>`: all of the elements are in the array.
    @inlinable
    public func contains<Element>(all elements: [Element]) -> SQLExpression<Bool>
    where Value == [Element], [Element]: PostgresEncodable {
        SQLExpression<Bool>(.infix(node, "@>", SQLNode(value: elements)))
    }

    /// `@>`: all of the elements are in the array.
    @inlinable
    public func contains<Element>(all elements: [Element]) -> SQLExpression<Bool>
    where Value == [Element]?, [Element]: PostgresEncodable {
        SQLExpression<Bool>(.infix(node, "@>", SQLNode(value: elements)))
    }

    /// `&&`: any of the elements is in the array.
    @inlinable
    public func overlaps<Element>(_ elements: [Element]) -> SQLExpression<Bool>
    where Value == [Element], [Element]: PostgresEncodable {
        SQLExpression<Bool>(.infix(node, "&&", SQLNode(value: elements)))
    }

    /// `&&`: any of the elements is in the array.
    @inlinable
    public func overlaps<Element>(_ elements: [Element]) -> SQLExpression<Bool>
    where Value == [Element]?, [Element]: PostgresEncodable {
        SQLExpression<Bool>(.infix(node, "&&", SQLNode(value: elements)))
    }
}
