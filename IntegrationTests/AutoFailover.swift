import Foundation
import Postgres
import PostgresTestKit

/// Two servers that pg_auto_failover keeps: its monitor and a `pg_autoctl` beside each, on loopback. Gone when it is no
/// longer held, and with this process at the latest.
final class AutoFailover: Sendable {
    /// The two servers; who is the primary is for the client to find out.
    let configuration: PostgresConfiguration
    private let process: ChildProcess

    /// Where the program is, if it is installed together with its extension for the server in use.
    static let program: String? = {
        guard let binaries = try? ServerBinaries.find() else { return nil }
        let library = binaries.directory.replacing("/bin", with: "/lib") + "/pgautofailover.so"
        return ["/usr/bin/pg_autoctl", binaries.directory + "/pg_autoctl"].first {
            FileManager.default.isExecutableFile(atPath: $0) && FileManager.default.fileExists(atPath: library)
        }
    }()

    /// What a test says that is passed over.
    static let isMissing =
        "pg_auto_failover is not installed: sudo apt-get install postgresql-15-auto-failover pg-auto-failover-cli"

    /// Returns when one is the primary and the other its standby, which takes some ten seconds.
    private init() throws {
        let ports = HostFacts.freePorts(3)
        let binaries = try ServerBinaries.find().directory
        process = try ChildProcess(
            "/bin/sh",
            [
                "-c", accountFunctions + Self.keeper, "egret-failover", HostFacts.serverAccount ?? "", binaries,
                Self.program ?? "",
            ] + ports.map(String.init))
        guard process.channel.waitUntilReadable(by: .now + .seconds(120)) else {
            throw TestRoute.Unfit("pg_auto_failover did not start in two minutes")
        }
        let answer = String(decoding: process.channel.receive(upTo: 4096), as: UTF8.self)
        guard answer.hasPrefix("ready") else { throw TestRoute.Unfit("pg_auto_failover did not start: \(answer)") }
        configuration = try PostgresConfiguration("postgres://app@127.0.0.1:\(ports[1]),127.0.0.1:\(ports[2])/app")
    }

    /// Starts them without holding up a thread of the concurrency pool.
    static func start() async throws -> AutoFailover {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try AutoFailover() }) }
        }
    }

    deinit {
        process.channel.finishSending()
        ChildProcess.wait(for: process.id)
    }

    /// Ends the first server and its keeper as a power cut does.
    func killFirst() { _ = process.channel.send(Array("kill\n".utf8)) }

    /// A shell that starts it all, kills the first server when it reads a line, and ends everything when nobody holds the
    /// other end of its input any more. Arguments: account, directory of the server's programs, pg_autoctl, the ports of
    /// the monitor and of the two servers.
    private static let keeper = #"""

        become "$1"
        bin=$2 autoctl=$3 monitor_port=$4 first_port=$5 second_port=$6
        d=$(mktemp -d /tmp/egret-failover-XXXXXXXX) || exit 1
        mkdir "$d/socket"
        [ -z "$account" ] || chown -R "$account" "$d"
        trap '' HUP INT TERM PIPE
        monitor="postgres://autoctl_node@127.0.0.1:$monitor_port/pg_auto_failover"

        # Each has a session of its own, so that its processes can be killed together.
        run() {
            name=$1
            shift
            cd "$d" && as_account setsid sh -c 'echo $$ >"$1.session" && shift && exec "$@"' sh "$d/$name" \
                env HOME="$d" XDG_CONFIG_HOME="$d/config" XDG_DATA_HOME="$d/data" XDG_RUNTIME_DIR="$d/run" \
                PATH="$bin:$PATH" PG_REGRESS_SOCK_DIR="$d/socket" "$@" </dev/null >>"$d/$name.log" 2>&1
        }
        ask() { as_account "$bin/psql" -XAtq -h "$d/socket" -p "$1" -d "$2" -c "$3" 2>/dev/null </dev/null; }
        kill_all() {
            for name in "$@"; do
                session=$(cat "$d/$name.session" 2>/dev/null)
                process=$(sed -n 1p "$d/$name/postmaster.pid" 2>/dev/null)
                # Held first, so that nothing is started anew. The monitor's worker does not notice the end of its server.
                kill -STOP ${session:+-"$session"} $process 2>/dev/null
                workers=${process:+$(ps -o pid= --ppid "$process")}
                # shellcheck disable=SC2086
                kill -KILL ${session:+-"$session"} $process $workers 2>/dev/null
                # Their numbers may be others' the next time.
                rm -f "$d/$name.session" "$d/$name/postmaster.pid"
            done
        }
        clean_up() {
            kill_all second first monitor
            sleep 0.2
            rm -rf "$d"
        }
        give_up() {
            echo "failed at $1: $(tail -n 5 "$d"/*.log | tr '\n' ' ')"
            clean_up
            exit 1
        }
        until_true() {
            tries=0
            until [ "$(ask "$2" "$3" "$4")" = t ]; do
                tries=$((tries + 1))
                [ $tries -lt 300 ] || give_up "$1"
                sleep 0.2
            done
        }
        node() {
            run "$1" "$autoctl" create postgres --pgdata "$d/$1" --pgport "$2" --pghost "$d/socket" --auth trust \
                --pg-hba-lan --no-ssl --hostname 127.0.0.1 --name "$1" --username app --dbname app \
                --monitor "$monitor" --pgctl "$bin/pg_ctl" --run
        }

        run monitor "$autoctl" create monitor --pgdata "$d/monitor" --pgport "$monitor_port" --auth trust --no-ssl \
            --hostname 127.0.0.1 --pgctl "$bin/pg_ctl" --run &
        until_true monitor "$monitor_port" pg_auto_failover "SELECT count(*) >= 0 FROM pgautofailover.node"
        # Its usual patience is half a minute.
        for setting in health_check_period=500 health_check_timeout=1000 health_check_retry_delay=200 \
            node_considered_unhealthy_timeout=2000 primary_demote_timeout=1000 startup_grace_period=1000; do
            ask "$monitor_port" pg_auto_failover "ALTER SYSTEM SET pgautofailover.${setting%=*} = ${setting#*=}"
        done
        ask "$monitor_port" pg_auto_failover "SELECT pg_reload_conf()" >/dev/null

        node first "$first_port" &
        until_true first "$monitor_port" pg_auto_failover \
            "SELECT count(*) = 1 FROM pgautofailover.node WHERE reportedstate = 'single'"
        node second "$second_port" &
        tries=0
        until [ "$(ask "$monitor_port" pg_auto_failover "SELECT count(*) = 2 FROM pgautofailover.node
                WHERE reportedstate IN ('primary', 'secondary') AND goalstate = reportedstate")" = t ]; do
            # The copy begins with a checkpoint, which would take its time.
            ask "$first_port" app CHECKPOINT
            tries=$((tries + 1))
            [ $tries -lt 300 ] || give_up second
            sleep 0.2
        done
        echo ready
        while read -r _; do kill_all first; done
        clean_up
        """#
}
