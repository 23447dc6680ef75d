/** The log of a container, printed by the programs of the host. */
import type { Argv, Container, LogsOptions } from '@kleenet/core';
import { printScript, printWords } from '../container/log.ts';
import type { Layout } from './layout.ts';

/**
 * `STATUS BUNDLE PIDFILE`. The supervisor records the status after completing the log. A killed one does not; then the
 * end of the container's first process decides, and the rest of the pipe is in the log a moment later.
 */
const PRINT = printScript(`
status=\${3:-} bundle=\${4:-} pidfile=\${5:-} late=0
going() {
  [ ! -e "$status" ] && [ -d "$bundle" ] || return
  # The runtime ends no line there, so that read(1) finds a number and fails.
  pid=
  read -r pid 2>/dev/null <"$pidfile"
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || late=$((late + 1))
  [ "$late" -lt 10 ]
}
`);

export function logsArgv(layout: Layout, { id }: Container, options: LogsOptions): Argv {
  const { log } = layout.container(id);
  const argv: Argv = ['sh', '-c', PRINT, 'klee-logs', ...printWords(log, options)];
  if (options.follow === undefined) return argv;
  const { status, bundle, pid } = layout.run(id, options.follow.id);
  return [...argv, status, bundle, pid];
}
