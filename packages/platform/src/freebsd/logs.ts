/** The log of a container, printed by the programs of the base system. */
import type { Argv, Container, LogsOptions } from '@kleenet/core';
import { printScript, printWords } from '../container/log.ts';
import type { Layout } from './layout.ts';
import { jailName } from './names.ts';
import { scriptArgv } from './script.ts';

const PRINT = printScript('');

/**
 * `JAIL RUN`. A run is over when its supervisor has recorded that, after completing the log. A killed supervisor
 * records nothing; then the last process of the jail decides.
 */
const FOLLOW = printScript(`
jail=$3 run=$4 late=0
going() {
  [ ! -e "$run/over" ] || return
  [ -n "$(ps -J "$jail" -o pid= 2>/dev/null)" ] || late=$((late + 1))
  [ "$late" -lt 4 ]
}
`);

export function logsArgv(layout: Layout, { id }: Container, options: LogsOptions): Argv {
  const words = printWords(layout.container(id).log, options);
  if (options.follow === undefined) return scriptArgv('logs', PRINT, words);
  const { directory } = layout.run(id, options.follow.id);
  return scriptArgv('follow', FOLLOW, [...words, jailName(id), directory]);
}
