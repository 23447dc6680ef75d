/** The log of a container, printed by tail(1). */
import type { Argv, Container, LogsOptions } from '@kleenet/core';
import type { Layout } from './layout.ts';

/**
 * `LOG LINES PIDFILE`. The runtime writes the process id of the container's first process into the bundle, which goes
 * with the run. tail(1) of coreutils looks once more after that process has ended, so that nothing is lost.
 */
const PRINT = `
log=$1 lines=$2 pidfile=$3
[ -e "$log" ] || exit 0
[ -n "$pidfile" ] && pid=$(cat "$pidfile" 2>/dev/null) || exec tail -n "$lines" "$log"
exec tail -n "$lines" -s 0.2 --pid="$pid" -f "$log"
`;

export function logsArgv(layout: Layout, { id }: Container, { follow, tail }: LogsOptions): Argv {
  const lines = tail === undefined ? '+1' : String(tail);
  const pidFile = follow === undefined ? '' : layout.run(id, follow.id).pid;
  return ['sh', '-c', PRINT, 'klee-logs', layout.container(id).log, lines, pidFile];
}
