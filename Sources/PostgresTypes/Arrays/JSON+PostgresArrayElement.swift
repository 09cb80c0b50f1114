/// `jsonb[]` and `json[]`. An array within JSON is `JSONB<[Element]>`, which is one value.
extension JSONB: PostgresArrayElement {}
extension JSON: PostgresArrayElement {}
extension JSONValue: PostgresArrayElement {}
