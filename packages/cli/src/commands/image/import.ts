import { resolve } from 'node:path';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';

export const command: Command = defineCommand({
  describe: 'Create an image from a directory or tar archive, and print its id',
  arguments: { name: { count: 'one', name: 'NAME' }, source: { count: 'one', name: 'SOURCE' } },
  options: {},
  examples: [
    [
      'image import FreeBSD-13.2-RELEASE base.txz',
      'an archive, with any compression that tar supports',
    ],
    ['image import mine ./rootfs', 'a directory'],
  ],
  async run(context, { name, source }) {
    const { core, engine } = await context.open();
    const image = await core.importImage(engine, {
      name,
      source: resolve(context.directory(), source),
    });
    context.created(image.id);
  },
});
