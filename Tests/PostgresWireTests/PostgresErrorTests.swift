import PostgresWire
import Testing

@Suite struct PostgresErrorTests {
    private let server = PostgresServerError(fields: [
        (.localizedSeverity, "FEHLER"), (.severity, "ERROR"), (.sqlState, "23505"), (.message, "doppelt"),
        (.detail, "Schlüssel (email)=(bob@example.com) existiert"), (.position, "17"), (.constraint, "users_email_key"),
        (.schema, "public"), (.table, "users"), (.routine, "_bt_check_unique"), (.init(rawValue: 0x7A), "new"),
    ])

    @Test("trap 16: what is shown to anybody holds no values") func descriptionIsSafe() {
        let error = PostgresError(
            .server, "the server refused the statement", advice: "Do this", server: server, column: "email",
            sql: "INSERT INTO users VALUES ('bob@example.com')",
            cause: PostgresError(.invalidUse, "somebody wrote bob@example.com"))
        #expect(
            error.description
                == "the server refused the statement (column email): ERROR 23505: doppelt. Do this")
        #expect(!"\(error)".contains("bob@example.com"))
        #expect(error.debugDescription.contains("INSERT INTO users"))
        #expect(error.debugDescription.contains("D: Schlüssel"))
    }

    @Test("trap 30: decisions are by codes, never by translated words") func readsUntranslatedFields() {
        #expect(server.severity == "ERROR")
        #expect(!server.isFatal)
        #expect(server.sqlState == .uniqueViolation)
        #expect(server.sqlState.errorClass == "23")
        #expect(server.position == 17)
        #expect(server.constraintName == "users_email_key")
        #expect(server.hint == nil)
        #expect(server.fields.count == 11)
        #expect(server[.init(rawValue: 0x7A)] == "new")
    }

    @Test func canBeCaughtByItsState() {
        do {
            throw PostgresError(.server, "no", server: server)
        } catch SQLState.uniqueViolation {
            return
        } catch {
            Issue.record("not caught by its state: \(error)")
        }
    }

    @Test func survivesFieldsThatAreNotThere() {
        let empty = PostgresServerError(fields: [])
        #expect(empty.sqlState.rawValue == "")
        #expect(empty.severity == "ERROR")
        #expect(PostgresServerError(fields: [(.position, "x")]).position == nil)
        #expect(PostgresServerError(fields: [(.severity, "FATAL")]).isFatal)
    }
}
