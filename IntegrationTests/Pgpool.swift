import Foundation
import Postgres
import PostgresTestKit

/// A Pgpool-II before one server, gone when it is no longer held: it keeps the server's sessions for the next client of
/// the same database, cleared by its own DISCARD ALL.
final class Pgpool: Sendable {
    /// How to reach it; the database is the server's.
    let configuration: PostgresConfiguration
    private let process: PoolerProcess

    /// Where the program is, if it is installed.
    static let program: String? = ["/usr/sbin/pgpool", "/usr/bin/pgpool", "/opt/homebrew/bin/pgpool"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What a test says that is passed over.
    static let isMissing = "Pgpool-II is not installed: sudo apt-get install pgpool2"

    /// The number in the socket's name: the directory is its own.
    private static let port = 6433

    /// Starts one that serves so many clients at a time, one process for each, and waits until it listens. More wait.
    ///
    /// The mode is the one that is set when nothing is said. In raw mode 4.3 begins a transaction of its own before an
    /// INSERT of the extended protocol, and never ends it. What it asks the server on its own account is kept down, since
    /// it asks in the middle of what its client asks, on the same session:
    /// - about tables it does not quote names, and fails where they hold a quote;
    /// - about a function it asks when the statement runs, and keeps the whole answer in memory until it has been told:
    ///   with a list of those that write it need not ask;
    /// - while one of its processes asks, the others wait, when they share what they know: behind a statement that waits
    ///   for a lock, the lock's owner too.
    init(clients: Int, before server: PostgresConfiguration) throws {
        let directory = try PoolerProcess.makeDirectory("egret-pgpool")
        let settings = """
            backend_clustering_mode = 'streaming_replication'
            backend_hostname0 = '\(server.host)'
            backend_port0 = \(server.port)
            backend_flag0 = 'DISALLOW_TO_FAILOVER'
            listen_addresses = ''
            port = \(Self.port)
            socket_dir = '\(directory.path)'
            pcp_listen_addresses = ''
            pcp_socket_dir = '\(directory.path)'
            pid_file_name = '\(directory.path)/process'
            logdir = '\(directory.path)'
            work_dir = '\(directory.path)'
            num_init_children = \(clients)
            max_pool = 1
            sr_check_user = '\(server.user)'
            sr_check_period = 0
            health_check_period = 0
            load_balance_mode = off
            check_temp_table = none
            check_unlogged_table = off
            write_function_list = 'nextval,setval'
            enable_shared_relcache = off

            """
        let file = directory.appendingPathComponent("pgpool.conf").path
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        process = try PoolerProcess(
            Self.program ?? "", ["-n", "-f", file, "-F", directory.path + "/pcp.conf"], in: directory,
            readyWhen: "successfully started", endedBy: "INT")
        var configuration = server
        configuration.host = directory.path
        configuration.port = Self.port
        configuration.tls = .disable
        self.configuration = configuration
    }
}
