import Testing

@testable import Postgres

@Suite struct LeftoversTests {
    @Test(
        "trap 54: what may stay in a session is seen in its text",
        arguments: [
            "SET search_path = a", "set time zone 'UTC'", "  SET\nSESSION AUTHORIZATION bob", "SET ROLE bob",
            "/* SELECT */ SET x = 1", "-- what for\nSET x = 1", "SELECT 1; SET x = 1",
            "SELECT set_config('a', 'b', false)",
            "SELECT pg_catalog.set_config('a', 'b', false)", "LISTEN jobs", "LOAD 'auto_explain'",
            "CREATE TEMP TABLE t (n int)", "CREATE TEMPORARY VIEW v AS SELECT 1", "CREATE TABLE pg_temp.t ()",
            "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock_shared(1)", "SELECT setseed(0.5)",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "DO $$BEGIN SET x = 1; END$$", "SELECT 'it''s'; SET x = 1",
            "BEGIN; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        ])
    func found(sql: String) { #expect(Leftovers.mayRemain(after: sql)) }

    @Test(
        "what ends with its transaction, or leaves nothing, costs no reset",
        arguments: [
            "", "SELECT 1", "UPDATE t SET n = 1 WHERE id = $1",
            "INSERT INTO t VALUES (1) ON CONFLICT (n) DO UPDATE SET n = 2",
            "SET LOCAL search_path = a", "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED",
            "BEGIN; SET LOCAL x = 1", "SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_xact_lock_shared(1)",
            "SELECT pg_advisory_unlock(1)", "NOTIFY jobs", "UNLISTEN *", "RESET ALL",
            "ALTER TABLE t ALTER n SET DEFAULT 1",
            "SELECT '; SET x = 1'", "SELECT 1 -- ; SET x = 1", "SELECT 1 /* ; LISTEN a */", "SELECT listen FROM t",
            "DECLARE c CURSOR FOR SELECT 1", "ALTER ROLE bob SET search_path = a", "UPDATE t SET",
            "SELECT attempt, hold FROM t",
        ])
    func passedOver(sql: String) { #expect(!Leftovers.mayRemain(after: sql)) }

    @Test(
        "a text that ends in the middle of something ends",
        arguments: ["'", "--", "/*", "/* *", ";", "$$", "SET", "''' "])
    func unfinished(sql: String) { #expect(!Leftovers.mayRemain(after: sql)) }
}

@Suite struct ServerSignTests {
    private func sign(
        _ state: SQLState, isReadOnly: Bool? = nil, _ target: PostgresTargetSession = .any,
        parameters: [String: String] = [:]
    ) -> ServerSign? {
        var configuration = PostgresConfiguration(host: "localhost", user: "bob")
        configuration.targetSession = target
        configuration.parameters = parameters
        return ServerSign(
            PostgresServerError(fields: [(.sqlState, state.rawValue)]), isReadOnly: isReadOnly, configuration)
    }

    @Test(
        "errors that say that the connection is not for the next one",
        arguments: [
            SQLState.adminShutdown, .crashShutdown, .cannotConnectNow, .connectionException, .connectionFailure,
            .protocolViolation, .sqlClientUnableToEstablishConnection,
        ])
    func unfit(state: SQLState) { #expect(sign(state) == .unfit) }

    @Test(
        "errors of the statement alone",
        arguments: [SQLState.uniqueViolation, .queryCanceled, .serializationFailure, .diskFull, .syntaxError])
    func none(state: SQLState) { #expect(sign(state, isReadOnly: true) == nil) }

    @Test(
        "trap 55: a write that is refused says something of the server where that reports itself, and of nobody else's will"
    )
    func readOnly() {
        let state = SQLState.readOnlySQLTransaction
        for target in [PostgresTargetSession.any, .readWrite, .primary] {
            #expect(sign(state, isReadOnly: true, target) == .readOnly)
            // The transaction asked for it.
            #expect(sign(state, isReadOnly: false, target) == nil)
            // Older than version 14, or behind a pooler.
            #expect(sign(state, isReadOnly: nil, target) == .unfit)
        }
        for target in [PostgresTargetSession.readOnly, .standby, .preferStandby] {
            #expect(sign(state, isReadOnly: true, target) == nil)
        }
        #expect(sign(state, isReadOnly: true, parameters: ["default_transaction_read_only": "on"]) == nil)
    }

    @Test("a server that reports itself to be something else than was looked for is left")
    func reports() {
        var configuration = PostgresConfiguration(host: "localhost", user: "bob")
        #expect(!configuration.rulesOut("default_transaction_read_only", "on"))
        configuration.targetSession = .readWrite
        #expect(configuration.rulesOut("default_transaction_read_only", "on"))
        #expect(configuration.rulesOut("in_hot_standby", "on"))
        #expect(!configuration.rulesOut("in_hot_standby", "off"))
        #expect(!configuration.rulesOut("TimeZone", "on"))
        configuration.targetSession = .standby
        #expect(!configuration.rulesOut("in_hot_standby", "on"))
    }
}

@Suite struct PoolHolderTests {
    @Test("holders are named once for each place, the longest first, and not all of very many")
    func summary() {
        let holders = [("App/A.swift:1", 0.26), ("App/B.swift:2", 31.04), ("App/A.swift:1", 2.0)].map {
            PostgresPoolHolder(caller: $0.0, seconds: $0.1)
        }
        #expect(holders.summary == "App/B.swift:2 for 31.0 s, App/A.swift:1 for 2.0 s at most (2 connections)")
        let many = (1...12).map { PostgresPoolHolder(caller: "App/A.swift:\($0)", seconds: 1) }
        #expect(many.summary.hasSuffix("and 2 other places"))
        #expect([PostgresPoolHolder]().summary.isEmpty)
    }
}
