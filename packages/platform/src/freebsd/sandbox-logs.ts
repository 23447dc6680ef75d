/** The log of a container, printed by the programs of the base system. */
import type { Argv, Container, LogsOptions } from '@kleenet/core';
import { printArgv, printWords } from '../container/log.ts';
import { scriptArgv } from '../runner/script.ts';
import type { Layout } from './layout.ts';
import { jailName } from './names.ts';
import { FOLLOW } from './scripts/embedded.ts';

export function logsArgv(layout: Layout, { id }: Container, options: LogsOptions): Argv {
  const { log } = layout.container(id);
  if (options.follow === undefined) return printArgv(log, options);
  const { directory } = layout.run(id, options.follow.id);
  return scriptArgv(FOLLOW, [...printWords(log, options), jailName(id), directory]);
}
