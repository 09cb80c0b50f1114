import PostgresWire

/// Shell functions that run programs as another account, which root must do for PostgreSQL's: `become ACCOUNT`, then
/// `as_account PROGRAM ARGUMENTS…`.
package let accountFunctions = #"""
    set -u

    quoted() {
        for word in "$@"; do printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"; done
    }

    # Chooses how to run programs as account $1 from what this system has; empty is the account that runs this.
    account='' group='' way=''
    become() {
        account=$1
        [ -n "$account" ] || return 0
        group=$(id -g "$account")
        if setpriv --reuid "$account" --regid "$group" --clear-groups true 2>/dev/null; then way=setpriv
        elif runuser -u "$account" -- true 2>/dev/null; then way=runuser
        elif sudo -n -u "$account" true 2>/dev/null; then way=sudo
        else way=su
        fi
    }
    as_account() {
        case $way in
        '') "$@" ;;
        setpriv) setpriv --reuid "$account" --regid "$group" --clear-groups "$@" ;;
        runuser) runuser -u "$account" -- "$@" ;;
        sudo) sudo -n -u "$account" -- "$@" ;;
        su) su "$account" -s /bin/sh -c "exec $(quoted "$@")" ;;
        esac
    }
    """#

/// Runs programs as the account that a server started from here runs as.
enum ServerAccount {
    /// Runs a program to its end; its exit status and all it wrote, errors included.
    /// - Throws: `PostgresError(.invalidConfiguration)` when there is no shell.
    static func run(_ program: String, _ arguments: [String]) throws(PostgresError) -> (status: Int32, output: String) {
        let script = accountFunctions + "\nbecome \"$1\"\nshift\ncd /\nas_account \"$@\"\n"
        let account = HostFacts.serverAccount ?? ""
        return try ChildProcess.run("/bin/sh", ["-c", script, "egret", account, program] + arguments)
    }
}
