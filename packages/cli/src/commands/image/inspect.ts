import { KleenetError } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showObjects } from '../../render/show.ts';
import { imageView } from '../../render/views.ts';
import type { ImageView } from '../../render/views.ts';
import { IMAGES } from '../arguments.ts';
import { collectEach } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Show images, as JSON',
  arguments: { images: IMAGES },
  options: {},
  examples: [['image inspect FreeBSD-13.2-RELEASE', 'one image: an object']],
  async run(context, { images }) {
    const { core, engine } = await context.look();
    await core.tidy(engine);
    const views = (await core.listImages(engine)).map(imageView);
    const { results, status } = await collectEach(context, images, async (reference) => ({
      image: findImage(views, reference),
    }));
    await showObjects(context, results, images.length, ({ image }) => image.id);
    return status;
  },
});

/** By name, id or unique id prefix. */
function findImage(views: readonly ImageView[], reference: string): ImageView {
  const exact = views.find(({ name, id }) => name === reference || id === reference);
  const candidates =
    exact === undefined ? views.filter(({ id }) => id.startsWith(reference)) : [exact];
  const [image] = candidates;
  if (image === undefined) {
    throw new KleenetError('IMAGE_NOT_FOUND', `image ${JSON.stringify(reference)} not found`, {
      hint: "'klee image ls' lists the images",
    });
  }
  if (candidates.length === 1) return image;
  throw new KleenetError(
    'ID_AMBIGUOUS',
    `the ids of ${candidates.length} images begin with ${JSON.stringify(reference)}`,
    {
      hint: 'give more digits of the id',
    },
  );
}
