/**
 * The shell scripts that stand between klee and the commands of a jail. All are constants: what they work on comes as
 * arguments, which no shell parses. They keep to POSIX sh and to programs of the base system.
 *
 * Files in the directory of a run tell how far it has come: `supervisor` has the process id of the supervisor,
 * `started` is made by whoever comes first, the supervisor to run the command or klee to see to it that nobody does,
 * `over` is made by the supervisor once the command and all that it left have ended, and `handled` is made by whoever has
 * taken over the reaping of the run.
 */
import { KEEP_LOG } from '../container/log.ts';

/**
 * Whether a process of the jail is there; and whether the supervisor is, and not another process of its number. The
 * supervisor is known by the mark at the beginning of its command line, the name of the run's directory.
 */
const FUNCTIONS = `
alive() { [ -n "$(ps -J "$jail" -o pid= 2>/dev/null)" ]; }
supervised() {
  pid=
  [ ! -s "$run/supervisor" ] || read -r pid <"$run/supervisor"
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  case $(ps -ww -p "$pid" -o args= 2>/dev/null) in
    *" klee-supervise \${run##*/} "*) return 0 ;;
  esac
  return 1
}
`;

/**
 * Becomes a command in a jail, with an environment that has nothing of the host's. jexec(8) is looked for before the
 * container's PATH is set, which would find programs of the host that the container's user thinks of.
 */
export const ENTER: string = `
pid=$1 count=$2
shift 2
jexec=$(command -v jexec) || { echo 'klee: the program jexec is not installed' >&2; exit 127; }
set -- "$@" "$jexec"
while [ "$count" -gt 0 ]; do
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
[ -z "$pid" ] || echo $$ >"$pid" || exit 125
exec env -i -- "$@"
`;

/** Makes a terminal with script(1), where the host has it. */
const TERMINAL = `
if [ "$terminal" = terminal ]; then
  if command -v script >/dev/null; then
    set -- script -q /dev/null "$@"
  else
    echo 'klee: there is no script(1) on this host: the command gets no terminal' >&2
  fi
fi
`;

/**
 * Runs the command, records how it ended, and reaps the run unless somebody else does. Caught signals are reset in the
 * command, which gets them in its jail; the shell only outlives them. A detached command that ends well while others
 * in its jail go on has started services, and the run goes on with them. The shell keeps to itself that a signal ended
 * the command: its standard error is the container's log.
 *
 * That the run is over is its word. Processes in the jail do not tell: other klee processes enter it for a moment, to write
 * its hosts file or to configure its interfaces.
 *
 * The log is complete before the supervisor says that the run is over; and before it writes the status down, where nothing
 * else of the jail may go on writing.
 */
export const SUPERVISE: string = `
${KEEP_LOG}
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
mode=$1 run=$2 status=$3 jail=$4 log=$5 half=$6 least=$7
shift 7
terminal=$1 count=$2
shift 2
${FUNCTIONS}
cd /
echo $$ >"$run/supervisor" || exit 125
keeper=
if [ "$mode" = detached ]; then
  open_output "$run/output" "$log" "$half" "$least" && exec </dev/null >&5 2>&1 || exit 125
fi
mkdir "$run/started" 2>/dev/null || exit 125
exec 3>&2 2>/dev/null
(
  exec 2>&3 3>&- 5>&-
  shift "$count"
  ${TERMINAL}
  exec "$@"
)
code=$?
exec 3>&-
[ -z "$keeper" ] || { exec >/dev/null 5>&-; alive || close_output; }
echo "$code" >"$status"
if [ "$mode" = detached ] && [ "$code" = 0 ]; then
  while alive; do sleep 1; done
fi
if [ -e "$run/handled" ] || [ ! -d "$run" ]; then
  [ -z "$keeper" ] || close_output
  exit "$code"
fi
tries=0
while alive && [ "$tries" -lt 50 ]; do
  pkill -KILL -j "$jail" 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done
[ -z "$keeper" ] || close_output
echo >"$run/over"
if [ "$mode" = foreground ]; then
  case " $(ps -p $$ -o ppid= 2>/dev/null) " in *" $PPID "*) exit "$code" ;; esac
fi
rest=$(($# - count))
while [ "$count" -gt 0 ]; do
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
shift "$rest"
[ $# -gt 0 ] || exit "$code"
exec "$@" </dev/null >/dev/null 2>&1
`;

/** Waits until the command is in its jail, or has come and gone. Status 1: it never will; 2: it has not yet. */
const AWAIT = `
tries=0
until [ -s "$status" ] || alive; do
  if [ -s "$run/supervisor" ] && ! supervised && [ ! -s "$status" ]; then
    echo "klee: the supervisor of the command has ended early" >&2
    exit 1
  fi
  [ "$tries" -lt 200 ] || { echo "klee: the command does not begin" >&2; exit 2; }
  sleep 0.1
  tries=$((tries + 1))
done
`;

/** Starts the supervisor in a session of its own, and waits until the command has begun. */
export const LAUNCH: string = `
run=$1 status=$2 jail=$3
shift 3
${FUNCTIONS}
daemon -f "$@" || exit
${AWAIT}
`;

/** In a dry run there is no run to wait for. */
export const AWAIT_START: string = `
run=$1 status=$2 jail=$3
[ -d "$run" ] || exit 1
${FUNCTIONS}
${AWAIT}
`;

/**
 * Ends what runs in a jail: the signal, the grace, then KILL, until neither a process of the jail nor the supervisor is
 * left, also when it was only about to begin. What makes new processes faster than it is killed is stopped first. The
 * timer of the grace is a process: waiting for it needs no clock.
 */
export const END: string = `
run=$1 status=$2 jail=$3 signal=$4 grace=$5
${FUNCTIONS}
if [ -d "$run" ]; then
  : >"$run/handled"
  mkdir "$run/started" 2>/dev/null
fi
if [ -n "$signal" ] && alive; then
  pkill "-$signal" -j "$jail" 2>/dev/null
  sleep "$grace" >/dev/null 2>&1 &
  timer=$!
  while alive && kill -0 "$timer" 2>/dev/null; do sleep 0.1; done
  kill "$timer" 2>/dev/null
fi
tries=0
while alive || supervised; do
  [ "$tries" -lt 200 ] || { echo "klee: the processes of jail $jail do not end" >&2; exit 1; }
  [ "$tries" -lt 10 ] || pkill -STOP -j "$jail" 2>/dev/null
  pkill -KILL -j "$jail" 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done
exit 0
`;

/** Prints which runs are over, as `CONTAINER/RUN`, of all whose directories lie below a directory. */
export const OVER: string = `
cd "$1" 2>/dev/null || exit 0
for over in */run-*/over; do
  [ ! -e "$over" ] || echo "\${over%/over}"
done
`;

/** Prints the exit status of the command. Waits for a supervisor that is about to record it. */
export const STATUS: string = `
run=$1 status=$2 jail=$3
${FUNCTIONS}
tries=0
while [ ! -s "$status" ] && [ "$tries" -lt 20 ] && supervised && ! alive; do
  sleep 0.1
  tries=$((tries + 1))
done
[ -f "$status" ] || exit 1
cat "$status"
`;

/** Runs a further command on the caller's own streams. */
export const EXEC: string = `
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
pid=$1 terminal=$2
shift 2
(
  ${TERMINAL}
  exec "$@"
)
code=$?
rm -f "$pid"
exit "$code"
`;

/** Signals the process whose id is in a file. */
export const SIGNAL: string = `
[ -s "$1" ] && read -r pid <"$1" || exit 0
case $pid in '' | *[!0-9]*) exit 0 ;; esac
kill -s "$2" "$pid"
`;

/** Looks for a program like execvp(3), and reports like a shell by exit status: 126 or 127. */
export const FIND: string = `
found=127
try() {
  [ -e "$1" ] || return 0
  found=126
  [ -d "$1" ] || [ ! -x "$1" ] || exit 0
}
case $1 in
  */*) try "$1" ;;
  *)
    IFS=:
    set -f
    for directory in $PATH; do try "\${directory:-.}/$1"; done
    ;;
esac
exit "$found"
`;
