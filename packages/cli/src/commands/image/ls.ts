import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showList } from '../../render/show.ts';
import type { Listing } from '../../render/show.ts';
import { imageView } from '../../render/views.ts';
import type { ImageView } from '../../render/views.ts';
import { byteText } from '../../render/bytes.ts';

const LISTING: Listing<ImageView> = {
  columns: [
    ['ID', ({ id }) => id],
    ['NAME', ({ name }) => name],
    ['SIZE', ({ size }) => byteText(size)],
    ['CONTAINERS', ({ containers }) => String(containers)],
    ['CREATED', ({ created }) => created],
  ],
  id: ({ id }) => id,
};

export const command: Command = defineCommand({
  describe: 'List images',
  arguments: {},
  options: {},
  examples: [['image ls', 'all images that were imported']],
  async run(context) {
    const { core, engine } = await context.look();
    await core.tidy(engine);
    await showList(context, LISTING, (await core.listImages(engine)).map(imageView));
  },
});
