import { DONE, FAILED } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showObjects } from '../../render/show.ts';
import { SAMPLE_FINDING, findingView, showFindings } from './findings.ts';

export const command: Command = defineCommand({
  describe: "Repair what 'klee system check' finds",
  arguments: {},
  options: {},
  sample: { repaired: [SAMPLE_FINDING], remaining: [SAMPLE_FINDING] },
  examples: [
    ['system repair --dry-run', 'show what would be done'],
    ['system repair', 'do it'],
  ],
  notes: 'Exits 1 when something could not be repaired.',
  async run(context) {
    const { core, engine } = await context.open();
    const { repaired, remaining } = await core.repairSystem(engine);
    if ((context.globals.format ?? 'table') === 'table') {
      await showFindings(context, repaired, 'repaired ');
      await showFindings(context, remaining, 'not repaired ');
    } else {
      const view = { repaired: repaired.map(findingView), remaining: remaining.map(findingView) };
      await showObjects(context, [view], 1, () => '');
    }
    return remaining.length === 0 ? DONE : FAILED;
  },
});
