import type { Engine } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { Context } from '../../context.ts';
import type { PluginInstaller } from '@kleenet/host/installer';
import { PLUGINS } from '../arguments.ts';
import { forEachReference } from '../each.ts';
import { findPlugin } from './find.ts';

export const command: Command = defineCommand({
  describe: 'Remove plugins that klee added, and print their names',
  arguments: { plugins: PLUGINS },
  options: {
    force: {
      type: 'flag',
      alias: 'f',
      describe:
        'even if containers or networks use its drivers; klee then cleans up after them without it',
    },
  },
  examples: [['plugin rm kleenet-driver-macvlan', 'remove a plugin']],
  async run(context, { plugins }, { force }) {
    const installer = await context.installer();
    return await forEachReference(context, plugins, async (name) => {
      await requireOurs(context, installer, name);
      if (context.globals.dryRun === true) return;
      await installer.remove(name, async () => {
        if (force !== true) await requireUnused(context, name);
      });
      context.output.print(name);
    });
  },
});

async function requireOurs(
  context: Context,
  installer: PluginInstaller,
  name: string,
): Promise<void> {
  if (installer.owns(name)) return;
  const { origin, path } = findPlugin(await context.plugins(), name);
  const reasons: Readonly<Record<string, [message: string, hint: string]>> = {
    klee: ['is part of klee', 'built-in plugins cannot be removed'],
    config: [`is named in the configuration file, as ${path}`, 'take it out there'],
  };
  const [message, hint] = reasons[origin] ?? [
    `was not added by klee for this user: it is in ${path}`,
    origin === 'system'
      ? 'if klee added it, run this as root; otherwise remove it with the tool that installed it'
      : 'remove it with the tool that installed it',
  ];
  throw new KleenetError('PERMISSION_DENIED', `plugin ${name} ${message}`, { hint });
}

/** In the state directory of this command. */
async function requireUnused(context: Context, name: string): Promise<void> {
  const { engine } = await context.open();
  const { containers, networks } = await usersOf(engine, name);
  if (containers.length + networks.length === 0) return;
  const users = [
    ...containers.map((user) => `container '${user}'`),
    ...networks.map((user) => `network '${user}'`),
  ];
  throw new KleenetError('PLUGIN_IN_USE', `plugin ${name} is in use: ${users.join(', ')}`, {
    hint: `remove these ${networks.length === 0 ? 'containers' : 'objects'} first, or add --force and let klee clean up after them without it`,
    details: { plugin: name, containers, networks },
  });
}

/** The names of objects with a driver of the plugin; for a skipped plugin, a driver that its manifest declares. */
async function usersOf(
  { registry, store }: Engine,
  name: string,
): Promise<{ readonly containers: readonly string[]; readonly networks: readonly string[] }> {
  const drivers = new Set([
    ...registry.list().flatMap((driver) => (driver.plugin === name ? [driver.name] : [])),
    ...registry.rejected.flatMap(({ plugin, drivers = [] }) => (plugin === name ? drivers : [])),
  ]);
  const users = (objects: readonly { readonly name: string; readonly driver?: string }[]) =>
    objects.filter(({ driver }) => drivers.has(driver ?? '')).map((one) => one.name);
  return store.read((snapshot) => ({
    containers: users(snapshot.containers.list()),
    networks: users(snapshot.networks.list()),
  }));
}
