import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showObjects } from '../../render/show.ts';
import { containerInspectView } from '../../render/views.ts';
import { CONTAINERS } from '../arguments.ts';
import { collectEach } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Show containers and every network that they are connected to, as JSON',
  arguments: { containers: CONTAINERS },
  options: {},
  examples: [
    ['container inspect container1', 'one container: an object'],
    ["isc --format '{{container.state}}' container1", 'one property'],
  ],
  async run(context, { containers }) {
    const { core, engine } = await context.look();
    await core.tidy(engine);
    const { results, status } = await collectEach(context, containers, async (reference) =>
      containerInspectView(await core.inspectContainer(engine, reference)),
    );
    await showObjects(context, results, containers.length, ({ container }) => container.id);
    return status;
  },
});
