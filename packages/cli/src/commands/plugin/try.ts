import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { TrialLine } from '../../linux-trial.ts';
import { findSource } from './source.ts';
import { parseOptions } from './driver-options.ts';

export const command: Command = defineCommand({
  describe:
    'Run a share of the cases about a Linux host, in namespaces of its own; called by plugin test',
  arguments: { plugin: { count: 'one', name: 'PACKAGE|DIRECTORY' } },
  options: {
    driver: { type: 'text', describe: 'the driver' },
    driverOptions: { type: 'list', name: 'driver-opt', describe: 'as for plugin test' },
    networkOptions: { type: 'list', name: 'network-opt', describe: 'as for plugin test' },
    share: { type: 'text', describe: 'as INDEX/COUNT, from 1' },
  },
  examples: [],
  async run(context, { plugin: text }, options) {
    const { driver, driverOptions = [], networkOptions = [], share = '1/1' } = options;
    const { isUserNamespace, linuxTestHost } = await import('@kleenet/linux-host');
    const { conformanceOptions, driversOf } = await import('../../plugin-test.ts');
    const { conformanceCases } = await import('@kleenet/conformance');
    const { source } = await findSource(context, text, isUserNamespace());
    const { plugin, drivers } = await driversOf(source, driver);
    const [one] = drivers;
    if (one === undefined) return;
    const tell = (line: TrialLine): void => context.output.print(JSON.stringify(line));
    const given = {
      endpointOptions: parseOptions(driverOptions),
      networkOptions: parseOptions(networkOptions),
    };
    const [index = 1, count = 1] = share.split('/').map(Number);
    const cases = conformanceCases(one, {
      ...conformanceOptions(source, plugin, given),
      hosts: { linux: linuxTestHost },
    })
      .filter(({ needs }) => needs.includes('linux host'))
      .filter((_, position) => position % count === index - 1);
    tell({ host: linuxTestHost().title ?? '', cases: cases.map(({ name }) => name) });
    for (const { name, skip, run } of cases) {
      if (skip === undefined) tell({ name, ...(await resultOf(run)) });
      else tell({ name, result: 'skipped', reason: skip });
    }
    tell({ done: true });
  },
});

async function resultOf(
  run: () => Promise<void>,
): Promise<{ readonly result: 'passed' } | { readonly result: 'failed'; readonly reason: string }> {
  try {
    await run();
    return { result: 'passed' };
  } catch (error) {
    return { result: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
