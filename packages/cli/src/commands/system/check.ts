import type { Finding } from '@kleenet/core';
import type { PluginCatalog } from '@kleenet/host/plugins';
import { DONE, FAILED } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showFindings } from './findings.ts';

export const command: Command = defineCommand({
  describe: "Compare klee's records with the host",
  arguments: {},
  options: {},
  examples: [
    [
      'system check',
      'prints nothing and exits 0 when all is well, lists differences and exits 1 otherwise',
    ],
  ],
  async run(context) {
    const { core, engine } = await context.open();
    const findings = [...(await core.checkSystem(engine)), ...brokenLinks(await context.plugins())];
    await showFindings(context, findings);
    return findings.length === 0 ? DONE : FAILED;
  },
});

/** Whoever linked a plugin counts on it; others that are skipped may be meant for another klee. */
function brokenLinks({ skipped }: PluginCatalog): readonly Finding[] {
  return skipped
    .filter(({ linkedTo }) => linkedTo !== undefined)
    .map(({ plugin, reason }) => ({
      kind: 'plugin',
      id: plugin,
      name: plugin,
      message: `is skipped: ${reason}`,
    }));
}
