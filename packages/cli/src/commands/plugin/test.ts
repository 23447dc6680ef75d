import type { DriverReport } from '@kleenet/conformance';
import { DONE, FAILED, UNPROVED } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { Context } from '../../context.ts';
import { printable } from '../../render/printable.ts';
import { showObjects } from '../../render/show.ts';
import { parseOptions } from './driver-options.ts';
import { findSource } from './source.ts';

export const command: Command = defineCommand({
  describe: 'Test a plugin against the driver contract, on simulated hosts and a Linux host',
  arguments: { plugin: { count: 'one', name: 'PACKAGE|DIRECTORY', completes: 'plugin' } },
  options: {
    driver: { type: 'text', alias: 'l', describe: 'test only this driver' },
    driverOptions: {
      type: 'list',
      name: 'driver-opt',
      describe: 'driver option for every endpoint, as KEY=VALUE; repeatable',
    },
    networkOptions: {
      type: 'list',
      name: 'network-opt',
      describe: 'driver option for every network of the driver, as KEY=VALUE; repeatable',
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
    "Runs the plugin's code: on a simulated host; for drivers that support FreeBSD, on a model of a FreeBSD 13.2 host; for those that support Linux, in namespaces of this host that are removed afterwards, as root or in user namespaces. Says first on which platforms a driver is proved. Exits 0 when that is each of its platforms, 1 when a case fails, and 3 when none fails and a platform could not be tried. docs/conformance.md describes the cases.",
  async run(context, args, options) {
    const [{ testPlugin }, { tryOnLinux }, { inNamespaces }] = await Promise.all([
      import('../../plugin-test.ts'),
      import('../../linux-trial.ts'),
      import('@kleenet/linux-host'),
    ]);
    const { driverOptions = [], networkOptions = [] } = options;
    const { source, place } = await findSource(context, args.plugin);
    const wanted = {
      endpointOptions: parseOptions(driverOptions),
      networkOptions: parseOptions(networkOptions),
      ...(options.driver === undefined ? {} : { driver: options.driver }),
    };
    const reports = await uninterrupted(
      context,
      testPlugin(source, wanted, (driver) =>
        tryOnLinux({
          directory: context.directory(),
          signal: context.signal,
          words: (share) =>
            inNamespaces([
              ...context.self,
              'plugin',
              '__try',
              '--driver',
              driver,
              '--share',
              share,
              ...driverOptions.flatMap((one) => ['--driver-opt', one]),
              ...networkOptions.flatMap((one) => ['--network-opt', one]),
              place,
            ]),
        }),
      ),
    );
    await show(context, reports);
    return statusOf(reports);
  },
});

/** The kit itself cannot be interrupted: nothing of it is left on a host. */
async function uninterrupted<T>({ signal }: Context, work: Promise<T>): Promise<T> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, interrupted]);
}

function statusOf(reports: readonly DriverReport[]): number {
  const isBroken = reports.some(({ verdict, passed }) => verdict === 'broken' || passed === 0);
  if (reports.length === 0 || isBroken) return FAILED;
  return reports.every(({ verdict }) => verdict === 'proved') ? DONE : UNPROVED;
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
