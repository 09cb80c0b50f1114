import Postgres

/// The examples of the landing page and of the article Connecting.
enum ConnectingExamples {
    /// Postgres
    static func landing(age: Int) async throws {
        let pool = try PostgresPool("postgres://app:secret@db.example.com/app?sslmode=verify-full")

        let grown = try await pool.query("SELECT id, name FROM users WHERE age > \(age)", as: (Int, String).self)
        for try await (id, name) in grown {
            print(id, name)
        }

        await pool.close()
    }

    /// Postgres
    static func rename(_ id: Int, to name: String, in database: some PostgresDatabase) async throws {
        try await database.execute("UPDATE users SET name = \(name) WHERE id = \(id)")
    }

    /// By URL
    static func url() throws -> PostgresConfiguration {
        let configuration = try PostgresConfiguration(
            "postgres://app:secret@db.example.com:5432/app?sslmode=verify-full&application_name=billing")
        return configuration
    }

    /// In code
    static func code(password: String) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: "db.example.com", user: "app", password: password, database: "app", tls: .verifyFull)
        configuration.applicationName = "billing"
        configuration.parameters["search_path"] = "billing, public"
        configuration.tls.rootCertificate = "/etc/billing/ca.pem"
        return configuration
    }

    /// From the environment
    static func environment() throws -> PostgresConfiguration {
        let configuration = try PostgresConfiguration.fromEnvironment()
        return configuration
    }

    /// One connection or a pool
    static func oneConnection(_ configuration: PostgresConfiguration) async throws {
        try await PostgresConnection.withConnection(configuration) { connection in
            let version = try await connection.query("SHOW server_version", as: String.self).first()
            print(version ?? "unknown")
        }
    }

    /// When it does not work
    static func failure(_ configuration: PostgresConfiguration) async {
        do {
            let connection = try await PostgresConnection.connect(configuration)
            await connection.close()
        } catch let error where error.safeToRetry {
            print("not yet: \(error)")
        } catch {
            print("this will not get better by itself: \(error)")
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
