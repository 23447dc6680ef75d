import type { OptionValues } from './options.ts';

/** The options that every command has. */
export const GLOBAL_OPTIONS = {
  root: { type: 'text', describe: 'directory of the state (KLEE_ROOT)' },
  platform: {
    type: 'text',
    suggests: ['auto', 'freebsd', 'linux', 'memory'],
    describe: 'operating system back end (KLEE_PLATFORM): auto, freebsd, linux, memory',
  },
  config: { type: 'text', describe: 'configuration file' },
  format: {
    type: 'text',
    suggests: ['table', 'json'],
    describe: "table, json, or a template such as '{{name}}'",
  },
  quiet: { type: 'flag', describe: 'print ids only' },
  debug: { type: 'flag', describe: 'show each host command, and where errors come from' },
  dryRun: {
    type: 'flag',
    name: 'dry-run',
    describe: 'print what would be run on the host, and change nothing',
  },
  commandPrefix: {
    type: 'text',
    name: 'command-prefix',
    describe: 'JSON array of words in front of each host command (KLEE_COMMAND_PREFIX)',
    hidden: true,
  },
  help: { type: 'flag', alias: 'h', describe: 'show help' },
  version: { type: 'flag', describe: 'show the version' },
} as const;

export type Globals = OptionValues<typeof GLOBAL_OPTIONS>;
