import { DONE, FAILED } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { SAMPLE_FINDING, showFindings } from './findings.ts';

export const command: Command = defineCommand({
  describe: 'Bring up networks and firewall, and start containers with --restart on-startup',
  arguments: {},
  options: {},
  sample: SAMPLE_FINDING,
  examples: [['system up', 'after the host has booted']],
  notes: 'Run it when the host boots. Starting a container brings up its networks, too.',
  async run(context) {
    const { core, engine } = await context.open();
    const failures = await core.systemUp(engine);
    await showFindings(context, failures, 'failed: ');
    return failures.length === 0 ? DONE : FAILED;
  },
});
