import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showObjects } from '../../render/show.ts';
import { systemView } from '../../render/system-view.ts';
import { readVersion } from '../../package-files.ts';

export const command: Command = defineCommand({
  describe: 'Show the platform, its capabilities and the number of objects',
  arguments: {},
  options: {},
  examples: [
    ['system info', 'for people'],
    ['system info --format json', 'for programs'],
  ],
  async run(context) {
    const { core, engine, root } = await context.open();
    const view = systemView(await core.systemInfo(engine), { version: readVersion(), root });
    const format = context.globals.format ?? 'table';
    await showObjects(
      { ...context, globals: { ...context.globals, format } },
      [view],
      1,
      ({ platform }) => platform,
    );
  },
});
