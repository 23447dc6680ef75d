import { join, resolve } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { Context } from '../../context.ts';
import { readTemplate } from '../../package-files.ts';
import { parseNewNames } from '../../template/names.ts';
import { ownDependencies, renderPackage } from '../../template/render.ts';
import { findTarballs } from '../../template/tarballs.ts';
import { requireNothingAt, writeFiles } from '../../template/write.ts';

export const command: Command = defineCommand({
  describe: 'Write the package of a new driver',
  arguments: {
    name: { count: 'one', name: 'NAME' },
    directory: { count: 'optional', name: 'DIRECTORY' },
  },
  options: {
    packages: {
      type: 'text',
      describe: "take Kleenet's packages from tarballs in this directory, not from npm",
    },
  },
  examples: [
    ['plugin new mynet', 'writes kleenet-driver-mynet, here'],
    ['plugin new @acme/mynet net', 'writes @acme/kleenet-driver-mynet, in the folder net'],
    ['plugin new --packages /srv/tarballs mynet', 'with what script/pack.mjs wrote there'],
  ],
  notes:
    'The package compiles and passes the conformance kit unchanged: npm install && npm test. It has workflows that test ' +
    'and publish it, and a configuration of changesets. With --packages, package.json refers to the tarballs by their paths, so that it works ' +
    'before they are published. Prints the directory.',
  async run(context, args, { packages }) {
    const names = parseNewNames(args.name);
    await requireUnknown(context, names.driver);
    const folder = resolve(context.directory(), args.directory ?? names.folder);
    requireNothingAt(folder);
    const template = readTemplate();
    const tarballs =
      packages === undefined
        ? undefined
        : findTarballs(
            resolve(context.directory(), packages),
            template.versions,
            ownDependencies(template),
          );
    const files = renderPackage(template, names, tarballs);
    if (context.globals.dryRun === true) {
      for (const path of files.keys()) context.output.print(`write ${join(folder, path)}`);
      return;
    }
    writeFiles(folder, files);
    context.output.print(folder);
  },
});

/** Two drivers of one name would be ambiguous for a container. */
async function requireUnknown(context: Context, driver: string): Promise<void> {
  const { sources } = await context.plugins();
  const known = [
    ...BUILT_IN.map((name) => ({ name, plugin: 'klee itself' })),
    ...sources.flatMap(({ name: plugin, drivers }) =>
      drivers.map(({ name }) => ({ name, plugin })),
    ),
  ];
  const holder = known.find(({ name }) => name === driver);
  if (holder === undefined) return;
  throw new KleenetError('NAME_TAKEN', `${holder.plugin} has a driver named ${driver} already`, {
    hint: 'choose another name',
    details: { driver, plugin: holder.plugin },
  });
}

const BUILT_IN = ['host', 'disabled'];
