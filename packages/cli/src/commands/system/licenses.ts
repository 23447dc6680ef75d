import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { readLicenses } from '../../package-files.ts';

export const command: Command = defineCommand({
  describe: 'Show the licenses of the software that klee contains',
  arguments: {},
  options: {},
  examples: [['system licenses', 'the texts, one after the other']],
  run(context) {
    context.output.print(readLicenses());
    return Promise.resolve();
  },
});
