import { DONE, FAILED } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { SAMPLE_FINDING, showFindings } from './findings.ts';

export const command: Command = defineCommand({
  describe: 'Stop all containers, and take networks and firewall down',
  arguments: {},
  options: {},
  sample: SAMPLE_FINDING,
  examples: [['system down', 'before the host stops']],
  notes:
    "Run it when the host shuts down. Networks, containers and their addresses are kept; 'klee system up' brings them back.",
  async run(context) {
    const { core, engine } = await context.open();
    const failures = await core.systemDown(engine);
    await showFindings(context, failures, 'failed: ');
    return failures.length === 0 ? DONE : FAILED;
  },
});
