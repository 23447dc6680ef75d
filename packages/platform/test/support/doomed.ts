/** A process that runs a command as klee does, and is killed while the command runs. */
import { createCommandRunner, openChildren } from '@kleenet/platform/runner';
import type { Argv } from '@kleenet/core';

const [directory = '', prefix = '[]', command = '[]', input] = process.argv.slice(2);
const logger = { debug: console.error, warn: console.error };
const environment = process.env;
const children = openChildren({ directory, pid: process.pid, environment, logger });
const commands = createCommandRunner({
  commandPrefix: JSON.parse(prefix) as readonly string[],
  children,
  environment,
  logger,
});
await commands.change(JSON.parse(command) as Argv, input === undefined ? {} : { input });
children.close();
