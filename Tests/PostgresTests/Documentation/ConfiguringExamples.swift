import Postgres

/// The examples of the article Configuring.
enum ConfiguringExamples {
    /// A connection string
    static func strings() throws -> [PostgresConfiguration] {
        let one = try PostgresConfiguration("postgres://app:secret@db.example.com:5433/app?sslmode=verify-full")
        let several = try PostgresConfiguration("postgres://app@db1,db2:5433/app?target_session_attrs=read-write")
        let settings = try PostgresConfiguration(#"host=db.example.com user=app password='it\'s secret'"#)
        return [one, several, settings]
    }

    /// The application's own variables
    static func loader() throws -> PostgresConfiguration {
        var loader = PostgresConfigurationLoader()
        loader.environmentFiles = [".env.local", ".env"]
        loader.variables = [.prefixed("DB_")]
        loader.defaults = ["host": "localhost", "port": "5433", "application_name": "shop"]
        loader.profiles = [
            "production": .init(settings: ["sslmode": "verify-full"], variables: [.prefixed("PROD_DB_")]),
            "development": .init(variables: [.prefixed("DEV_DB_"), .prefixed("DB_")]),
        ]
        loader.required = ["user", "password", "dbname"]
        let configuration = try loader.load()
        return configuration
    }

    /// The application's own variables
    static func mapped(_ loader: PostgresConfigurationLoader) -> PostgresConfigurationLoader {
        var loader = loader
        loader.variables = [PostgresVariables(urls: ["SHOP_DATABASE"], parts: ["password": ["SHOP_SECRET"]])]
        return loader
    }

    /// Something that keeps secrets.
    struct Store: Sendable {
        func value(_ name: String) async throws -> String { "postgres://app@localhost/\(name.utf8.count)" }
        func databaseToken() async throws -> String { "token" }
    }

    /// Secrets from elsewhere
    static func fetched(_ loader: PostgresConfigurationLoader, from parameters: Store) async throws {
        let configuration = try await loader.load { mode in
            mode == "development" ? nil : try await parameters.value("/shop/database-url")
        }
        print(configuration)
    }

    /// Secrets from elsewhere, where a setting came from
    static func provided(_ given: PostgresConfiguration, by cloud: Store) {
        var configuration = given
        configuration.passwordProvider = { try await cloud.databaseToken() }
        for setting in configuration.origins { print(setting) }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
