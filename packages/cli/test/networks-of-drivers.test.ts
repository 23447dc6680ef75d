/** Networks of a driver from outside: what users type, what they are told, and which commands its hooks run. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { NetworkInspectView, NetworkView } from '../src/render/views.ts';
import { PluginWorld } from './support/plugins.ts';

const test = suite<{ world: PluginWorld }>('networks of drivers');

test.before.each((context) => {
  context.world = new PluginWorld();
});
test.after.each(({ world }) => world.remove());

/** Each of its networks has a file; a file named `no-room` is in the way of new ones. */
function codeIn(folder: string): string {
  return `
import { existsSync } from 'node:fs';
const file = ({ name, options }) => ${JSON.stringify(`${folder}/`)} + name + '-' + options.vlan;
class Plane {
  constructor({ commands }) { this.commands = commands; }
  async status() { return { state: 'ready', reasons: [] }; }
  plan() { return []; }
  async attach() {}
  async detach() {}
  async observe(targets) {
    return targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] }));
  }
  planNetwork(network) { return [{ kind: 'lab-file', name: file(network) }]; }
  async networkUp(network, { signal }) {
    await this.commands.change(['touch', file(network)], { signal });
  }
  async networkDown(network, { signal }) {
    await this.commands.change(['rm', '-f', file(network)], { signal });
  }
  async observeNetwork(network) {
    return existsSync(file(network)) ? [] : ['the file of VLAN ' + network.options.vlan + ' is missing'];
  }
  async checkNetwork() {
    if (!existsSync(${JSON.stringify(`${folder}/no-room`)})) return [];
    return [{ path: 'driver-opt vlan', message: 'this host has no room for it' }];
  }
  async checkEndpoint({ options }) {
    if (existsSync(${JSON.stringify(`${folder}/no-room`)}))
      return [{ path: 'network', message: 'this host does not reach VLAN ' + options.vlan }];
    return [];
  }
}
export default {
  name: 'kleenet-driver-lab',
  apiVersion: 1,
  register(registrar) {
    registrar.register({
      name: 'lab',
      capabilities: {
        stack: 'own', networkTypes: ['bridge'], families: ['ipv4'], hostChecks: true,
      },
      dataPlanes: { memory: async (dependencies) => new Plane(dependencies) },
      options: {},
      networkOptions: {
        vlan: {
          description: 'Number of the VLAN. Required.',
          check: (text) => (/^[0-9]+$/.test(text) ? undefined : 'is not a number'),
        },
      },
      validateEndpoint: () => [],
      validateNetwork: ({ options }) =>
        options.vlan === undefined ? [{ path: 'driver-opt', message: 'vlan is needed' }] : [],
    });
  },
};
`;
}

function given(world: PluginWorld): { readonly file: string; readonly noRoom: string } {
  world.place({ code: codeIn(world.folder) });
  return { file: join(world.folder, 'lan-7'), noRoom: join(world.folder, 'no-room') };
}

const CREATE = 'network create -t bridge --subnet 10.1.0.0/24 --driver lab';

test('a network is made with its driver, shown, found, and removed', async ({ world }) => {
  const { file } = given(world);
  await world.ok(`${CREATE} --driver-opt vlan=7 lan`);
  await world.ok('network create --subnet 10.2.0.0/24 open');
  ok(existsSync(file));
  const { network } = await world.json<NetworkInspectView>('network inspect lan');
  deepEqual([network.driver, network.driver_options], ['lab', { vlan: '7' }]);
  equal(
    await world.ok([
      'network',
      'inspect',
      '--format',
      '{{network.driver}} {{network.driver_options.vlan}}',
      'lan',
    ]),
    'lab 7',
  );
  const listed = await world.json<NetworkView[]>('network ls');
  deepEqual(
    listed.map(({ name, driver, driver_options }) => [name, driver, driver_options]),
    [
      ['lan', 'lab', { vlan: '7' }],
      ['open', '', {}],
    ],
  );
  equal(await world.ok(['network', 'ls', '--filter', 'driver=lab', '--format', '{{name}}']), 'lan');
  rmSync(file);
  const check = await world.klee('system check');
  equal(check.stdout, 'network lan: the file of VLAN 7 is missing\n');
  await world.klee('system repair');
  ok(existsSync(file));
  equal(await world.ok('system check'), '');
  await world.ok('network rm lan');
  ok(!existsSync(file));
});

test('a dry run shows the commands of its driver, and changes nothing', async ({ world }) => {
  const { file } = given(world);
  match(
    await world.ok(`--dry-run ${CREATE} --driver-opt vlan=7 lan`),
    new RegExp(`^touch ${file}$`, 'm'),
  );
  ok(!existsSync(file));
  await world.ok(`${CREATE} --driver-opt vlan=7 lan`);
  match(await world.ok('--dry-run network rm lan'), new RegExp(`^rm -f ${file}$`, 'm'));
  ok(existsSync(file));
});

/** What is typed, and what is told, with the exit status 1. */
const REFUSED: readonly (readonly [words: string, error: string, hint: string])[] = [
  [
    `${CREATE} --driver-opt vlan=7 --driver-opt color=red lan`,
    'driver lab knows no option "color" of a network',
    'it knows: vlan',
  ],
  [`${CREATE} --driver-opt vlan=x lan`, 'vlan=x: is not a number', ''],
  [`${CREATE} lan`, 'driver-opt: vlan is needed', ''],
  [
    'network create --subnet 10.1.0.0/24 --driver lab --driver-opt vlan=7 lan',
    'driver lab does not connect to loopback networks',
    'give --type bridge, or leave out --driver',
  ],
  [
    'network create -t bridge --subnet6 fd00::/64 --driver lab --driver-opt vlan=7 lan',
    'driver lab does not support IPv6',
    'leave out --subnet6, or --driver',
  ],
  [
    'network create --subnet 10.1.0.0/24 --driver-opt vlan=7 lan',
    'the network is not to belong to a driver, so it has no driver options',
    'name the driver with --driver NAME',
  ],
];

for (const [words, error, hint] of REFUSED)
  test(`refused: klee ${words}`, async ({ world }) => {
    given(world);
    const { status, stderr } = await world.klee(words);
    equal(stderr, `error: ${error}\n${hint === '' ? '' : `hint: ${hint}\n`}`);
    equal(status, 1);
    equal(await world.ok('network ls --quiet'), '');
  });

test('containers of other drivers are refused', async ({ world }) => {
  given(world);
  await world.ok(`${CREATE} --driver-opt vlan=7 lan`);
  await world.ok('create --name c --driver vnet host');
  const { stderr } = await world.klee('network connect lan c');
  equal(
    stderr,
    "error: network 'lan' belongs to the driver lab, and container 'c' has the driver vnet\n" +
      'hint: make another container with --driver lab, or use a network that was created without --driver\n',
  );
});

test('what the host lacks is told when a network is created, and a container connected', async ({
  world,
}) => {
  const { noRoom } = given(world);
  await world.ok(`${CREATE} --driver-opt vlan=7 lan`);
  await world.ok('create --name c --driver lab host');
  writeFileSync(noRoom, '');
  const creating = await world.klee(
    'network create -t bridge --subnet 10.3.0.0/24 --driver lab --driver-opt vlan=8 next',
  );
  equal(creating.stderr, 'error: driver-opt vlan: this host has no room for it\n');
  for (const words of ['network connect lan c', 'create --driver lab --network lan host']) {
    const { stderr, status } = await world.klee(words);
    equal(stderr, 'error: network: this host does not reach VLAN 7\n');
    equal(status, 1);
  }
});

test('help and completion know the options', async ({ world }) => {
  given(world);
  const help = await world.ok('network create --help');
  match(help, /--driver +driver that the network belongs to/);
  match(help, /--driver-opt +option of the network for its driver/);
  match(help, /\blab\b/);
  const offered = await world.ok(['__complete', 'network', 'create', '--driver', '']);
  match(offered, /^lab\b/m);
});

test.run();
