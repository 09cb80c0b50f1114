/// The shell script that owns a temporary server: it makes the directory, runs the server and takes both away.
///
/// It is a process of its own, in a session of its own, so that it outlives whoever started it: it waits on a pipe
/// whose other end only the owner holds, and the end of that pipe means the owner has stopped, crashed or been
/// killed. In every case it kills the server and removes the directory.
///
/// Arguments: parent directory, directory of the binaries, account to run as (empty: this one), name of the
/// superuser, authentication method, then the ports to try.
/// A file `primary` in the directory, a connection string, has the server made as a standby of that one.
/// Standard input: one word per line (`go`, `stop`, `start`). Standard output: one answer per line
/// (`directory PATH`, `ready PORT PID`, `stopped`, `failed STAGE`).
let supervisorScript =
    accountFunctions
        + #"""

        umask 077
        parent=$1 bin=$2 superuser=$4 authentication=$5
        become "$3"
        shift 5
        directory='' launcher='' port=''

        stop_server() {
            [ -n "$launcher" ] || return 0
            # QUIT is the immediate shutdown: nothing in this server is worth a checkpoint. A server that has not
            # ended after ten seconds does not listen any more.
            signal='' tries=0
            # The process in the file is ours only as long as our own child lives.
            while kill -0 "$launcher" 2>/dev/null; do
                process=$(sed -n 1p "$directory/data/postmaster.pid" 2>/dev/null)
                if [ -n "$process" ]; then
                    [ -n "$signal" ] || { signal=QUIT && kill -QUIT "$process" 2>/dev/null; }
                    [ $tries -lt 500 ] || kill -KILL "$process" 2>/dev/null
                fi
                tries=$((tries + 1))
                sleep 0.02
            done
            wait "$launcher" 2>/dev/null
            launcher=''
        }

        # shellcheck disable=SC2317
        clean_up() {
            trap '' HUP INT TERM
            stop_server
            if [ -n "$directory" ]; then
                cd /
                # A backend that has lost its postmaster may still write for a moment.
                for _ in 1 2 3 4 5 6 7 8 9 10; do
                    rm -rf "$directory" 2>/dev/null && break
                    sleep 0.1
                done
            fi
        }
        trap '' PIPE
        trap 'exit 1' HUP INT TERM
        trap clean_up EXIT

        start_server() {
            # What an earlier server left must not look like a ready one.
            [ -f "$directory/data/postmaster.pid" ] && sed -i.old '8s/ready/stale/' "$directory/data/postmaster.pid"
            as_account "$bin/postgres" -D "$directory/data" -p "$1" -k "$directory" \
                </dev/null >>"$directory/server.log" 2>&1 &
            launcher=$!
            while kill -0 "$launcher" 2>/dev/null; do
                if [ "$(sed -n '8s/ *$//p' "$directory/data/postmaster.pid" 2>/dev/null)" = ready ]; then
                    port=$1
                    echo "ready $1 $(sed -n 1p "$directory/data/postmaster.pid")"
                    return 0
                fi
                sleep 0.02
            done
            wait "$launcher" 2>/dev/null
            launcher=''
            return 1
        }

        make_directory() {
            directory=$(mktemp -d "$1/egret-XXXXXXXX") || return 1
            [ -z "$account" ] || chown "$account" "$directory" || return 1
            as_account test -w "$directory" && return 0
            rmdir "$directory"
            directory=''
            return 1
        }
        if ! make_directory "$parent" && ! make_directory /tmp; then
            echo 'failed directory'
            exit 1
        fi
        echo "directory $directory"
        read -r _ || exit 1

        cd "$directory" || exit 1
        if [ -n "$account" ]; then
            chown -R "$account" "$directory"
            # A client takes no key that is somebody else's.
            for key in "$directory"/client-*.key; do [ ! -e "$key" ] || chown "$(id -u)" "$key"; done
        fi
        if [ -f "$directory/primary" ]; then
            stage=backup
            as_account "$bin/pg_basebackup" -D "$directory/data" -d "$(cat "$directory/primary")" --write-recovery-conf \
                --checkpoint=fast --wal-method=stream --no-sync </dev/null >"$directory/backup.log" 2>&1
        else
            stage=initdb
            password_file=--no-sync
            [ ! -s "$directory/password" ] || password_file=--pwfile=$directory/password
            as_account "$bin/initdb" -D "$directory/data" -U "$superuser" -A "$authentication" "$password_file" \
                --no-sync --encoding=UTF8 --locale=C </dev/null >"$directory/initdb.log" 2>&1
        fi || {
            echo "failed $stage"
            read -r _
            exit 1
        }
        rm -f "$directory/password"
        cat "$directory/settings.conf" >>"$directory/data/postgresql.conf"
        cat "$directory/access.conf" >"$directory/data/pg_hba.conf"

        started=no
        for candidate in "$@"; do
            if start_server "$candidate"; then
                started=yes
                break
            fi
            # Only a port that somebody took in the meantime is worth another try.
            grep -q 'could not bind\|could not create any TCP' "$directory/server.log" || break
        done
        [ $started = yes ] || echo 'failed start'

        while read -r word; do
            case $word in
            stop)
                stop_server
                echo stopped
                ;;
            start) start_server "$port" || echo 'failed start' ;;
            esac
        done
        """#
