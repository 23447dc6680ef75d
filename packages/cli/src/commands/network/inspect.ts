import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showObjects } from '../../render/show.ts';
import { networkInspectView } from '../../render/views.ts';
import { NETWORKS } from '../arguments.ts';
import { collectEach } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Show networks and every container on them, as JSON',
  arguments: { networks: NETWORKS },
  options: {},
  examples: [
    ['network inspect testnet', 'one network: an object'],
    ['network inspect testnet othernet', 'several: an array'],
    ["network inspect --format '{{network.subnet}}' testnet", 'one property'],
  ],
  async run(context, { networks }) {
    const { core, engine } = await context.look();
    await core.tidy(engine);
    const { results, status } = await collectEach(context, networks, async (reference) =>
      networkInspectView(await core.inspectNetwork(engine, reference)),
    );
    await showObjects(context, results, networks.length, ({ network }) => network.id);
    return status;
  },
});
