import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { IMAGES } from '../arguments.ts';
import { forEachReference } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Remove images that no container was made from, and print their ids',
  arguments: { images: IMAGES },
  options: {},
  examples: [['image rm FreeBSD-13.2-RELEASE', 'remove an image']],
  async run(context, { images }) {
    const { core, engine } = await context.open();
    return await forEachReference(context, images, async (reference) => {
      context.output.print(await core.removeImage(engine, reference));
    });
  },
});
