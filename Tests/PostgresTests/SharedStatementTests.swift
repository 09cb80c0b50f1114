import Testing

@testable import Postgres

@Suite struct SharedStatementTests {
    @Test(
        "statements that leave nothing open share a connection",
        arguments: [
            "SELECT 1", " select 1", "\n\tInsert into t values (1)", "update t set a = 1", "DELETE FROM t",
            "with a as (x) y",
            "MERGE INTO t", "values(1)", "table t", "SELECT", "select\n1", "select$1",
        ])
    func share(sql: String) { #expect(SharedStatement.isOne(sql)) }

    @Test(
        "others have one for themselves",
        arguments: [
            "", " ", "BEGIN", "begin", "START TRANSACTION", "SET x = 1", "LISTEN a", "CALL p()", "DO $$ $$",
            "COPY t TO STDOUT",
            "-- SELECT\nBEGIN", "/* */ SELECT 1", "SELECTED", "selecté", "s", "SELEC", "tables", "with_", "INSERT2",
            "DISCARD ALL",
            "PREPARE TRANSACTION 'x'", "LOCK TABLE t", "(SELECT 1)",
        ])
    func alone(sql: String) { #expect(!SharedStatement.isOne(sql)) }
}
