/** `klee plugin test`: the conformance kit on plugins that are installed, and on folders. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { reportText } from '@kleenet/conformance';
import type { DriverReport } from '@kleenet/conformance';
import { codeOf, writePlugin } from '../../host/test/support/plugins.ts';
import { GOOD, PluginWorld } from './support/plugins.ts';
import type { PluginParts } from '../../host/test/support/plugins.ts';

const test = suite<{ world: PluginWorld }>('klee plugin test');

test.before.each((context) => {
  context.world = new PluginWorld();
});

test.after.each(({ world }) => world.remove());

/** A folder that is not a plugin of klee's. */
function apart({ folder }: PluginWorld, parts: PluginParts): string {
  const place = join(folder, 'apart');
  mkdirSync(place);
  writePlugin(place, parts);
  return './apart';
}

test('an installed plugin that keeps the contract is said to, and exits 0', async ({ world }) => {
  world.place(GOOD);
  const { status, stdout, stderr } = await world.klee('plugin test kleenet-driver-lab');
  match(
    stdout,
    /^driver lab keeps the contract on the simulated host: \d+ passed, 0 failed, \d+ skipped\n {2}memory {3}proved on the simulated host, by what it declares\n/,
  );
  deepEqual([status, stderr], [0, '']);
});

test('a folder is tried in its place; what fails is named with its reason, and the exit is 1', async ({
  world,
}) => {
  const folder = apart(world, { ...GOOD, code: codeOf() });
  const { status, stdout } = await world.klee(['plugin', 'test', folder]);
  match(stdout, /^driver lab breaks the contract: \d+ passed, 1 failed, /);
  match(
    stdout,
    /^ {2}FAILED {2}its capabilities are frozen data .*\n {10}capabilities are not frozen$/m,
  );
  equal(status, 1);
});

test('as JSON it is one report, with every case', async ({ world }) => {
  const folder = apart(world, GOOD);
  const report = await world.json<DriverReport>(`plugin test ${folder}`);
  deepEqual([report.driver, report.failed], ['lab', 0]);
  equal(report.cases.length, report.passed + report.skipped);
});

/** A search path with klee's runtime, and without the program that makes namespaces. */
function withoutNamespaces({ folder }: PluginWorld): string {
  const place = join(folder, 'bin');
  mkdirSync(place);
  for (const [name, path] of [
    ['node', process.execPath],
    ['sh', '/bin/sh'],
    ['id', '/usr/bin/id'],
  ] as const)
    symlinkSync(path, join(place, name));
  return place;
}

test('a platform that cannot be tried is not proved: first in the text, in JSON, and by the exit status', async ({
  world,
}) => {
  world.environment['PATH'] = withoutNamespaces(world);
  world.environment['KLEE_RUNTIME'] = 'node';
  const { status, stdout } = await world.klee('plugin test @kleenet/driver-vnet --format json');
  const report = JSON.parse(stdout) as DriverReport;
  deepEqual([status, report.driver, report.verdict, report.failed], [3, 'vnet', 'not proved', 0]);
  const [freebsd, linux] = report.platforms;
  deepEqual(
    [freebsd?.platform, freebsd?.host, freebsd?.verdict],
    ['freebsd', 'a model of FreeBSD 13.2-RELEASE', 'proved'],
  );
  match(
    freebsd?.basis ?? '',
    /as recorded on FreeBSD 13\.2 and 15\.1; packets, timing .* need a real host$/,
  );
  deepEqual([linux?.platform, linux?.verdict, linux?.host], ['linux', 'not tried', undefined]);
  match(linux?.reason ?? '', /unshare/);
  const passedOn = (platform: string): number =>
    report.cases.filter(({ name, result }) => name.endsWith(`(${platform})`) && result === 'passed')
      .length;
  ok(passedOn('freebsd') > 20, `${passedOn('freebsd')} cases passed on FreeBSD`);
  equal(passedOn('linux'), 0);
  match(
    reportText(report),
    /^driver vnet keeps the contract on FreeBSD, and is not proved on Linux: .*\n {2}freebsd {2}proved on a model of FreeBSD 13\.2-RELEASE\n {11}it answers ifconfig\(8\)[^\n]*need a real host\n {2}linux {4}not tried: .*unshare/,
  );
});

test('options of endpoints reach the driver', async ({ world }) => {
  const folder = apart(world, GOOD);
  const { status, stdout } = await world.klee(['plugin', 'test', '--driver-opt', 'size=3', folder]);
  match(stdout, /it knows no option size/);
  equal(status, 1);
  const { stderr } = await world.klee(['plugin', 'test', '--driver-opt', 'size', folder]);
  match(stderr, /^error: "size" is not a driver option/);
});

test('options of networks reach the driver', async ({ world }) => {
  const folder = apart(world, {
    ...GOOD,
    code: codeOf().replace(
      'options: {},',
      "options: {}, networkOptions: { vlan: { description: 'Any.', check: () => undefined } },",
    ),
  });
  const { stdout } = await world.klee(['plugin', 'test', '--network-opt', 'size=3', folder]);
  match(stdout, /it knows no option size/);
});

test('of two drivers one is tried when it is asked for, and one that is not there is refused', async ({
  world,
}) => {
  const [one, two] = [codeOf('one'), codeOf('two')];
  const both = one.replace(
    '  },\n};',
    `  ${/registrar\.register\(\{[^]*\}\);/.exec(two)?.[0]}\n  },\n};`,
  );
  const drivers = ['one', 'two'].map((name) => ({
    name,
    description: 'One of two.',
    platforms: ['memory'],
  }));
  const folder = apart(world, { ...GOOD, code: both, kleenet: { drivers } });
  const { stdout } = await world.klee(['plugin', 'test', folder]);
  deepEqual(stdout.match(/^driver \w+ \w+/gm), ['driver one breaks', 'driver two breaks']);
  const second = await world.klee(['plugin', 'test', '--driver', 'two', folder]);
  deepEqual(second.stdout.match(/^driver \w+/gm), ['driver two']);
  const third = await world.klee(['plugin', 'test', '--driver', 'three', folder]);
  match(
    third.stderr,
    /^error: plugin kleenet-driver-lab has no driver 'three'\nhint: it has: one, two/,
  );
});

for (const [what, parts, error] of [
  [
    'throws when it is imported',
    { code: "throw new Error('no luck')" },
    /cannot be loaded: no luck/,
  ],
  ['exports no plugin', { code: 'export default 3' }, /no default export made by definePlugin/],
  ['is for another contract', { kleenet: { apiVersion: 99 } }, /written for driver contract 99/],
  ['has a manifest that is not right', { kleenet: { drivers: [] } }, /kleenet\.drivers is empty/],
  ['ends the process', { code: codeOf('lab', 'process.exit(0);') }, /process\.exit/],
] as const) {
  test(`a plugin that ${what} is an error, and nothing is reported`, async ({ world }) => {
    const { status, stdout, stderr } = await world.klee(['plugin', 'test', apart(world, parts)]);
    match(stderr, error);
    deepEqual([status, stdout], [1, '']);
  });
}

test('what a plugin prints does not get into the report', async ({ world }) => {
  const folder = apart(world, { ...GOOD, code: `console.log('{');\n${GOOD.code}` });
  equal((await world.json<DriverReport>(`plugin test ${folder}`)).driver, 'lab');
});

test('the kit knows every field of a manifest that klee knows', async ({ world }) => {
  const kleenet = { privileges: ['Loads a kernel module.'] };
  match(
    await world.ok(['plugin', 'test', apart(world, { ...GOOD, kleenet })]),
    /keeps the contract on the simulated host/,
  );
});

test('a name that nothing has is not found', async ({ world }) => {
  const { status, stderr } = await world.klee('plugin test kleenet-driver-nobody');
  match(
    stderr,
    /^error: no plugin is named "kleenet-driver-nobody", and there is no such directory/,
  );
  equal(status, 1);
});

test.run();
