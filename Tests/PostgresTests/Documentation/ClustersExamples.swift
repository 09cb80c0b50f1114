import Postgres

/// The examples of the article Clusters.
enum ClustersExamples {
    /// One for all servers
    static func writing(_ body: String) async throws -> PostgresCluster {
        let cluster = try PostgresCluster("postgres://app@db1,db2,db3/app")
        try await cluster.execute("INSERT INTO notes (body) VALUES (\(body))")
        return cluster
    }

    /// Reads
    static func reading(in cluster: PostgresCluster) async throws -> Int {
        let recent = cluster.reads(maximumLag: .seconds(5))
        let count = try await recent.query("SELECT count(*) FROM notes", as: Int.self).first() ?? 0
        return count
    }

    /// Reads
    static func readingOnesOwn(in cluster: PostgresCluster, id: Int, name: String) async throws -> String? {
        try await cluster.execute("UPDATE users SET name = \(name) WHERE id = \(id)")
        let position = try await cluster.position()
        let seen = try await cluster.reads(after: position)
            .query("SELECT name FROM users WHERE id = \(id)", as: String.self).first()
        return seen
    }

    /// What the servers are doing
    static func members(of cluster: PostgresCluster) {
        for member in cluster.members {
            let lag = member.lag.map { "\($0) behind" } ?? "lag unknown"
            print("\(member.host): \(member.role.rawValue), \(lag)")
        }
    }
}
