@testable import Postgres

extension FuzzTarget {
    /// The files that libpq and we read: passwords, services, `.env`.
    static let files = FuzzTarget(name: "files") { input in
        let bytes = Array(input.rest)
        let passwords = PasswordFile(path: "/f", bytes: bytes)
        for host in ["db", "localhost"] {
            let found = passwords.password(host: host, port: 5432, database: "d", user: "u", socketDirectories: [])
            if let found {
                check(found.line > 0 && found.text.utf8.count <= bytes.count * 3, "a password is of the file")
            }
        }
        let services = ServiceFile(path: "/f", bytes: bytes)
        if let settings = services.settings(service: "s") { _ = settings.isEmpty }
        let environment = EnvironmentFile(path: "/f", bytes: bytes)
        for (name, variable) in environment.variables {
            check(variable.line > 0 && !variable.value.utf8.contains(0), "the variable \(name)")
        }
    }
}
