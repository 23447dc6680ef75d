/**
 * The shell scripts that stand between klee and the OCI runtime. All are constants: what they work on comes as
 * arguments, which no shell parses.
 *
 * The FIFO `life` in the bundle tells what happens without polling. The supervisor and the runtime hold it open for
 * writing as long as the command runs; the runtime's poststart hook writes a line to it. Who reads from it learns
 * that the command was started (a line) and that it has ended (end of file).
 */
import type { Argv } from '@kleenet/core';
import { KEEP_LOG, limitWords } from '../container/log.ts';
import { sandboxName } from './names.ts';
import { RUNTIME_STATE, controlGroup } from './runtime.ts';
import type { RunPaths } from './layout.ts';
import { NO_RELAY, RUN_ON_TERMINAL, relayWords } from './terminal.ts';
import type { Relay } from './terminal.ts';

/**
 * Runs the command, records how it ended, and reaps the run unless somebody else does. `$PPID` stays what it was
 * when the shell started, while the fourth field of /proc/PID/stat changes when that parent dies (proc(5)).
 * Caught signals are reset in the runtime, which passes them on to the command; the shell only outlives them. A status is
 * written down when all that a detached command has written is in its log.
 */
const SUPERVISE = `
${RUN_ON_TERMINAL}
${KEEP_LOG}
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
mode=$1 runtime=$2 state=$3 bundle=$4 status=$5 id=$6 own=$7 window=$8
shift 8
log=$1 half=$2 least=$3
shift 3
exec 3<>"$bundle/life"
[ -e "$bundle/handled" ] && exit 125
rm -f "\${bundle%/*}"/run-*.status
run() {
  run_on_terminal "$own" "$window" "$bundle/terminal" \\
    "$runtime" --root "$state" --log "$bundle/runtime.log" run --pid-file "$bundle/pid" --bundle "$bundle" "$id"
}
if [ "$mode" = foreground ]; then
  run
  code=$?
else
  open_output "$bundle/output" "$log" "$half" "$least" || exit 125
  run >&5 2>&1 5>&-
  code=$?
  close_output
fi
[ -e "$bundle/pid" ] || exit 125
printf '%s\\n' "$code" >"$status.new" && mv "$status.new" "$status"
exec 3>&-
[ -e "$bundle/handled" ] && exit "$code"
if [ "$mode" = foreground ]; then
  read -r _ _ _ parent _ </proc/$$/stat
  [ "$parent" = "$PPID" ] && exit "$code"
fi
exec "$@" </dev/null >/dev/null 2>&1
`;

/**
 * Starts the supervisor in a session of its own and waits until the command was started. This shell lets go of its
 * own writing end once the supervisor has inherited it, so that the supervisor's death ends the waiting.
 */
const LAUNCH = `
bundle=$1
shift
exec 3<>"$bundle/life"
setsid "$@" </dev/null >"$bundle/supervisor.log" 2>&1 &
exec 4<"$bundle/life" 3>&-
read -r _ <&4 && exit 0
cat "$bundle/supervisor.log" "$bundle/runtime.log" >&2
exit 125
`;

/**
 * Ends a command: the signal, the grace, then KILL, until neither the supervisor nor the runtime is left, also when
 * they are only about to start it; then takes away what a half-made container leaves. The first opening of `life`
 * for both directions does not block, and lets the second one not block either. A disk may have no inode for `handled`:
 * then the supervisor reaps, too, and finds that it is done. (An error of the special builtin `:` would end the shell.)
 */
const END = `
runtime=$1 state=$2 bundle=$3 id=$4 cgroup=$5 signal=$6 grace=$7
[ -d "$bundle" ] && true >"$bundle/handled"
ended() {
  [ -p "$bundle/life" ] || return 0
  { timeout "$1" cat <&5 >/dev/null; } 4<>"$bundle/life" 5<"$bundle/life" 4>&-
}
send() { "$runtime" --root "$state" kill "$id" "$1" 2>/dev/null; }
each_group() {
  for group in "/sys/fs/cgroup$cgroup" /sys/fs/cgroup/*"$cgroup"; do
    [ ! -d "$group" ] || "$1" || return
  done
}
kill_group() {
  [ ! -e "$group/cgroup.procs" ] ||
    while read -r pid; do kill -s KILL "$pid" 2>/dev/null; done <"$group/cgroup.procs"
  return 0
}
remove_group() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill_group
    rmdir "$group" 2>/dev/null && return
    [ -d "$group" ] || return 0
    sleep 0.1
  done
  echo "cannot remove the control group $group" >&2
  return 1
}
if [ -n "$signal" ]; then send "$signal" && ended "$grace"; fi
tries=0
until send KILL; ended 0.5; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || { echo "the supervisor in $bundle does not end" >&2; exit 1; }
  each_group kill_group
done
"$runtime" --root "$state" delete --force "$id" || exit
each_group remove_group
`;

/** Makes the bundle's files; the OCI configuration comes on standard input. */
const WRITE_BUNDLE = 'mkfifo "$1/life" && cat >"$1/config.json"';

/**
 * Runs a further command. What the runtime logs stays only when the runtime may have failed, which status 125 tells.
 * A command that itself ends with these statuses is told apart by the log.
 */
const EXEC = `
${RUN_ON_TERMINAL}
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
log=$1 own=$2 window=$3
shift 3
run_on_terminal "$own" "$window" "$log.terminal" "$@"
code=$?
rm -f "$log.process"
case $code in
  1 | 126 | 127 | 255) [ -s "$log" ] && exit 125 ;;
esac
rm -f "$log"
exit "$code"
`;

/** The same without any stream of ours, printing what the runtime said when it failed. */
const EXEC_DETACHED = `
log=$1
shift 3
"$@" </dev/null >/dev/null 2>&1
code=$?
[ "$code" = 0 ] || cat "$log" >&2
rm -f "$log"
exit "$code"
`;

/**
 * The poststart hook of the OCI configuration, which reports the start. It reads what the runtime writes to it: a hook
 * that is gone before would let the runtime have SIGPIPE, which the runtime passes on to the command.
 */
export function startedHook({ life }: RunPaths): {
  readonly path: string;
  readonly args: readonly string[];
} {
  return { path: '/bin/sh', args: ['sh', '-c', 'cat >/dev/null; echo started >"$1"', 'sh', life] };
}

export function writeBundleCommand({ bundle }: RunPaths): Argv {
  return ['sh', '-c', WRITE_BUNDLE, 'sh', bundle];
}

/** World-readable for the users of the container. */
const WRITE_RESOLVER = 'umask 022 && cat >"$1"';

export function writeResolverCommand({ resolver }: RunPaths): Argv {
  return ['sh', '-c', WRITE_RESOLVER, 'sh', resolver];
}

export interface SuperviseRequest {
  readonly mode: 'foreground' | 'detached';
  readonly runtime: string;
  readonly paths: RunPaths;
  /** The runtime's name of the container. */
  readonly name: string;
  readonly reap: readonly string[];
  readonly relay: Relay;
  readonly log: string;
  /** In bytes. */
  readonly logLimit: number;
}

export function superviseCommand(request: SuperviseRequest): Argv {
  const { mode, runtime, paths, name, reap, relay, log, logLimit } = request;
  return [
    'sh',
    '-c',
    SUPERVISE,
    'kleenet',
    mode,
    runtime,
    RUNTIME_STATE,
    paths.bundle,
    paths.status,
    name,
    ...relayWords(relay),
    log,
    ...limitWords(logLimit),
    ...reap,
  ];
}

export function launchCommand(request: Omit<SuperviseRequest, 'mode'>): Argv {
  return [
    'sh',
    '-c',
    LAUNCH,
    'kleenet',
    request.paths.bundle,
    ...superviseCommand({ ...request, mode: 'detached' }),
  ];
}

/** Waits until a foreground run reports its start; fails when it ends before. */
export function awaitStartCommand({ life }: RunPaths): Argv {
  return ['sh', '-c', 'read -r _ <"$1"', 'sh', life];
}

export interface EndRequest {
  readonly runtime: string;
  readonly paths: RunPaths;
  readonly containerId: string;
  /** Sent first; absent for an immediate KILL. */
  readonly signal?: string;
  /** In milliseconds. */
  readonly grace: number;
}

export function endCommand({ runtime, paths, containerId, signal = '', grace }: EndRequest): Argv {
  const names = [sandboxName(containerId), controlGroup(containerId)];
  const first = ['sh', '-c', END, 'kleenet', runtime, RUNTIME_STATE, paths.bundle] as const;
  return [...first, ...names, signal, String(grace / 1000)];
}

export function execCommand(
  mode: 'foreground' | 'detached',
  log: string,
  command: Argv,
  relay: Relay = NO_RELAY,
): Argv {
  const script = mode === 'foreground' ? EXEC : EXEC_DETACHED;
  return ['sh', '-c', script, 'kleenet', log, ...relayWords(relay), ...command];
}
