@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// `hstore` in text and in binary.
    static let hstore = FuzzTarget(name: "hstore") { input in ValueForm.run(forms, input) }
}

private let forms = [
    ValueForm(PostgresHstore.self) { value in
        for (key, text) in value.pairs { check(value[key] == text, "the value of a key") }
    },
    ValueForm(PostgresLTree.self), ValueForm(PostgresLQuery.self), ValueForm(PostgresLTxtQuery.self),
]
