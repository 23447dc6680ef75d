import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showObjects } from '../../render/show.ts';
import { PLUGINS } from '../arguments.ts';
import { collectEach } from '../each.ts';
import { findPlugin } from './find.ts';

export const command: Command = defineCommand({
  describe: 'Show the manifests of plugins, without loading their code',
  arguments: { plugins: PLUGINS },
  options: {},
  examples: [
    ['plugin info kleenet-driver-macvlan', 'for people'],
    ["plugin info --format '{{path}}' kleenet-driver-macvlan", 'where it is'],
  ],
  async run(context, { plugins }) {
    const catalog = await context.plugins();
    const { results, status } = await collectEach(context, plugins, (name) =>
      Promise.resolve(findPlugin(catalog, name)),
    );
    const format = context.globals.format ?? 'table';
    const shown = { ...context, globals: { ...context.globals, format } };
    await showObjects(shown, results, plugins.length, ({ name }) => name);
    return status;
  },
});
