@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// Arrays in text and in binary, of elements of several kinds, flat and nested.
    static let array = FuzzTarget(name: "array") { input in ValueForm.run(forms, input) }
}

private let forms = [
    ValueForm(PostgresArray<Int32?>.self) { checkShape($0) },
    ValueForm(PostgresArray<String?>.self) { checkShape($0) },
    ValueForm(PostgresArray<PostgresNumeric?>.self),
    ValueForm(PostgresArray<PostgresBox?>.self, isTextExact: false),
    ValueForm(PostgresArray<Bool>.self),
    ValueForm(PostgresArray<PostgresDate?>.self),
    ValueForm(binary: [Int32?].self),
    ValueForm(binary: [String].self),
    ValueForm(binary: [[Int32]].self),
    ValueForm(binary: [[[String?]]].self),
    ValueForm(binary: [Double].self),
    ValueForm(binary: [[UInt8]].self),
]

/// An array has as many elements as its dimensions make, and each has a place.
private func checkShape<E: Equatable>(_ array: PostgresArray<E>) {
    let product = array.dimensions.isEmpty ? 0 : array.dimensions.reduce(1, *)
    check(product == array.elements.count, "\(array.dimensions) and \(array.elements.count) elements")
    check(array.dimensions.count == array.lowerBounds.count && array.dimensions.count <= 6, "bounds and dimensions")
    if array.dimensions.count == 1, let first = array.elements.first {
        check(array[array.lowerBounds[0]] == first, "the first element stands at the lower bound")
        check(array[array.lowerBounds[0] - 1] == nil, "before it there is none")
    }
}
