import Postgres

/// What is measured. The names and the work are those of the peers it is set beside.
enum Workload: String, CaseIterable {
    case ping, point, pipeline, drain, copyin, copyout, insert, pool16, connect, range100, any100
    case drainRaw = "drain_raw"
    case insertBatch = "insert_batch"
    /// As pool16, with up to four queries under way on a connection.
    case pool16Shared = "pool16_shared"
    /// 64 tasks look up models by key through a pool of 16 connections, each by itself.
    case find64
    /// As find64, with what is asked for in one turn in one statement.
    case find64Coalesced = "find64_coalesced"

    /// Away from the main thread, which a server does not work on either.
    @concurrent
    func run(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Figures {
        let report = Report(workload: self, options: options, isUnixSocket: configuration.isUnixSocket)
        switch self {
        case .pool16: return try await Reads.pool16(configuration, queriesPerConnection: 1, report)
        case .pool16Shared: return try await Reads.pool16(configuration, queriesPerConnection: 4, report)
        case .find64: return try await Lookups.find64(configuration, gathers: false, report)
        case .find64Coalesced: return try await Lookups.find64(configuration, gathers: true, report)
        case .connect: return try await Reads.connect(configuration, report)
        default: break
        }
        return try await PostgresConnection.withConnection(configuration) { connection in
            switch self {
            case .ping: try await Reads.ping(connection, report)
            case .point: try await Reads.point(connection, report)
            case .pipeline: try await Reads.pipeline(connection, report)
            case .any100: try await Reads.any100(connection, report)
            case .range100: try await Streams.range100(connection, report)
            case .drain: try await Streams.drain(connection, report)
            case .drainRaw: try await Streams.drainRaw(connection, report)
            case .copyout: try await Streams.copyOut(connection, report)
            case .copyin: try await Writes.copyIn(connection, report)
            case .insert: try await Writes.insert(connection, report)
            case .insertBatch: try await Writes.insertBatch(connection, report)
            case .pool16, .pool16Shared, .find64, .find64Coalesced, .connect: report.figures(0, since: Report.Moment())
            }
        }
    }
}
