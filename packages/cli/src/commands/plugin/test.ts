import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DriverReport } from '@kleenet/conformance';
import { KleenetError } from '@kleenet/core/errors';
import { DONE, FAILED } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { Context } from '../../context.ts';
import type { PackagedPlugin } from '@kleenet/host/installer';
import { printable } from '../../render/printable.ts';
import { showObjects } from '../../render/show.ts';

export const command: Command = defineCommand({
  describe: 'Test a plugin against the driver contract, on simulated hosts',
  arguments: { plugin: { count: 'one', name: 'PACKAGE|DIRECTORY', completes: 'plugin' } },
  options: {
    driver: { type: 'text', alias: 'l', describe: 'test only this driver' },
    driverOptions: {
      type: 'list',
      name: 'driver-opt',
      describe: 'driver option for every endpoint, as KEY=VALUE; repeatable',
    },
  },
  examples: [
    ['plugin test .', 'the plugin in this directory, as last built'],
    [
      'plugin test --format json kleenet-driver-macvlan',
      'an installed plugin, with a report for programs',
    ],
  ],
  notes:
    "Runs the plugin's code on a simulated host and, for drivers that support FreeBSD, on a model of a FreeBSD 13.2 host. Exits 1 when a case fails. docs/conformance.md describes the cases.",
  async run(context, args, options) {
    const { testPlugin } = await import('../../plugin-test.ts');
    const reports = await testPlugin(await findSource(context, args.plugin), {
      endpointOptions: parseOptions(options.driverOptions ?? []),
      ...(options.driver === undefined ? {} : { driver: options.driver }),
    });
    await show(context, reports);
    return reports.every(({ failed, passed }) => failed === 0 && passed > 0) ? DONE : FAILED;
  },
});

/** A known plugin, or a directory: an installed name takes precedence over a directory, which is `./NAME`. */
async function findSource(context: Context, text: string): Promise<PackagedPlugin> {
  const { found, sources, rejected } = await context.plugins();
  const added = found.find(({ name }) => name === text);
  if (added !== undefined) return context.pluginAt(added.directory);
  const included = sources.find(({ name }) => name === text);
  if (included !== undefined) return included;
  const folder = resolve(context.directory(), text);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true)
    return context.pluginAt(folder);
  const skipped = rejected.find(({ plugin }) => plugin === text);
  if (skipped === undefined) throw unknown(text);
  const { code = 'PLUGIN_INVALID', reason } = skipped;
  throw new KleenetError(code, `plugin ${text} cannot be tested: ${reason}`, {
    details: { plugin: text },
  });
}

function unknown(text: string): KleenetError {
  return new KleenetError(
    'PLUGIN_NOT_FOUND',
    `no plugin is named ${JSON.stringify(text)}, and there is no such directory`,
    { hint: "'klee plugin ls' lists the plugins", details: { plugin: text } },
  );
}

function parseOptions(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      throw new KleenetError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not a driver option`, {
        hint: 'write it as KEY=VALUE',
      });
    }),
  );
}

async function show(context: Context, reports: readonly DriverReport[]): Promise<void> {
  const { format, quiet } = context.globals;
  if (quiet === true) return;
  if (format !== undefined && format !== 'table')
    return showObjects(context, reports, reports.length, ({ driver }) => driver);
  const { reportText } = await import('@kleenet/conformance');
  reports.forEach((report, index) => {
    if (index > 0) context.output.print('');
    context.output.print(printable(reportText(report), { keepLines: true }));
  });
}
