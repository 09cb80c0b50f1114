import Postgres

/// Many programs connect at the same moment, as after a deployment: each time counts from the moment when all began.
enum Storm {
    static func run(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Bool {
        let count = options.number ?? 200
        // What a first connection takes once for all: authorities, tables of the libraries.
        try await PostgresConnection.connect(configuration).close()
        var all: [Int64] = []
        for round in 1...5 {
            let start = Report.Moment()
            let connections = try await withThrowingTaskGroup(of: (PostgresConnection, Int64).self) { group in
                for _ in 0..<count {
                    group.addTask { (try await PostgresConnection.connect(configuration), Times.since(start.wall)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let end = Report.Moment()
            let times = connections.map(\.1)
            all += times
            report("\(round)", count, times, user: end.user - start.user, system: end.system - start.system)
            for (connection, _) in connections { await connection.close() }
            // The server's processes have an end as well.
            try await Task.sleep(for: .seconds(1))
        }
        return report("\"all\"", count, all)
    }

    @discardableResult
    private static func report(
        _ round: String, _ count: Int, _ times: [Int64], user: Double? = nil, system: Double? = nil
    ) -> Bool {
        let times = Times(times)
        let holds = times.percentile(0.99) < 500
        var fields = [
            "\"trial\":\"storm\"", "\"peer\":\"egret\"", "\"round\":\(round)", "\"connects\":\(count)",
        ]
        fields += times.fields
        if let user, let system {
            fields += ["\"cpu_user_s\":\(user.thousandths)", "\"cpu_sys_s\":\(system.thousandths)"]
        } else {
            fields.append("\"holds\":\(holds)")
        }
        printNow("{\(fields.joined(separator: ","))}")
        return holds
    }
}
