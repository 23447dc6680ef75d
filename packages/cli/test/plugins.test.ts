/** Plugins of strangers in klee as it is installed: what works, and what none of them can do to the rest. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { ContainerListView } from '../src/render/views.ts';
import type { PluginView } from '../src/render/plugin-view.ts';
import { codeOf, onlyAsRoot, writePlugin } from '../../host/test/support/plugins.ts';
import { PluginWorld, RUN_LAB } from './support/plugins.ts';

const test = suite<{ world: PluginWorld }>('plugins');
const rooted = onlyAsRoot(test);

test.before.each((context) => {
  context.world = new PluginWorld();
});
test.after.each(({ world }) => world.remove());

const NETWORK = 'network create -t bridge --subnet 10.1.0.0/24 --subnet6 fd00::/64 net';

/** Puts a container of the driver `lab` to work, and away again. */
async function tryDriver(world: PluginWorld): Promise<void> {
  await world.ok(NETWORK);
  await world.ok(RUN_LAB);
  const [container] = await world.json<ContainerListView[]>('container ls');
  deepEqual([container?.driver, container?.state], ['lab', 'running']);
  await world.ok('network disconnect net a');
  await world.ok('container rm -f a');
  await world.ok('network rm net');
  equal(await world.ok('system check'), '');
}

const COMMONJS = codeOf().replace('export default', 'module.exports =');
const COMPILED = `Object.defineProperty(exports, '__esModule', { value: true });
${codeOf().replace('export default', 'exports.default =')}`;
const WITH_CORE = `import { API_VERSION, definePlugin } from '@kleenet/core/driver';
const { default: plugin } = await import('./plain.js');
export default definePlugin({ ...plugin, apiVersion: API_VERSION });
`;

const MODULES = [
  ['an ES module', {}],
  ['CommonJS', { code: COMMONJS, manifest: { type: 'commonjs' } }],
  [
    'an ES module that was compiled to CommonJS',
    { code: COMPILED, manifest: { type: 'commonjs' } },
  ],
  [
    'an ES module that says so by its name',
    {
      files: { 'dist/index.mjs': codeOf() },
      manifest: { type: 'commonjs' },
      kleenet: { plugin: './dist/index.mjs' },
    },
  ],
] as const;

for (const [name, parts] of MODULES) {
  test(`${name} works`, async ({ world }) => {
    world.place(parts);
    await tryDriver(world);
  });
}

/** The copy of core that plugins get. */
const CORE = join(import.meta.dirname, '../dist/core');

test('a plugin with a copy of core of its own works, and its errors are ours', async ({
  world,
}) => {
  const plugin = world.place({ code: WITH_CORE, files: { 'plain.js': codeOf() } });
  cpSync(CORE, join(plugin, 'node_modules/@kleenet/core'), { recursive: true });
  await tryDriver(world);
  writeFileSync(
    join(plugin, 'plain.js'),
    `import { KleenetError } from '@kleenet/core/errors';
${codeOf().replace(
  'validateEndpoint: () => [],',
  `validateEndpoint() {
    throw new KleenetError('POOL_EXHAUSTED', 'the mesh is full', { hint: 'add a peer', details: { peers: 7 } });
  },`,
)}`,
  );
  await world.ok(NETWORK);
  const { status, stderr } = await world.klee(`${RUN_LAB.replace('run', 'run --format json')}`);
  equal(status, 125);
  deepEqual(JSON.parse(stderr), {
    error: {
      code: 'POOL_EXHAUSTED',
      message: 'the mesh is full',
      hint: 'add a peer',
      details: { peers: 7 },
    },
  });
});

test('the copies of core in one process are two', async ({ world }) => {
  const plugin = world.place({
    code: `import { KleenetError, isKleenetError } from '@kleenet/core/errors';
${codeOf().replace(
  'validateEndpoint: () => [],',
  `validateEndpoint(network, request) {
    const mine = new KleenetError('INVALID_ARGUMENT', 'mine');
    return [{ path: 'copy', message: String(isKleenetError(mine)) + ' ' + import.meta.url }];
  },`,
)}`,
  });
  cpSync(CORE, join(plugin, 'node_modules/@kleenet/core'), { recursive: true });
  await world.ok(NETWORK);
  const { stderr } = await world.klee(RUN_LAB);
  match(stderr, /^error: copy: true file:.*kleenet-driver-lab\/index\.js/);
});

/** Plugins that are up to no good, and what using their drivers ends with. */
const HOSTILE: readonly (readonly [name: string, code: string, error: RegExp])[] = [
  [
    'throws at import',
    "throw new Error('boom');",
    /plugin kleenet-driver-bad 6\.6\.6 cannot be loaded: boom/,
  ],
  [
    'throws a string at import',
    "throw 'boom';",
    /plugin kleenet-driver-bad 6\.6\.6 cannot be loaded: boom/,
  ],
  [
    'is not JavaScript',
    'this is not JavaScript',
    /plugin kleenet-driver-bad 6\.6\.6 cannot be loaded: /,
  ],
  [
    'imports what is not there',
    "import 'kleenet-not-there';",
    /plugin kleenet-driver-bad 6\.6\.6 cannot be loaded: .*kleenet-not-there/,
  ],
  [
    'exports nothing',
    '',
    /plugin kleenet-driver-bad 6\.6\.6 has no default export made by definePlugin/,
  ],
  [
    'ends the process at import',
    'process.exit(0);',
    /plugin kleenet-driver-bad 6\.6\.6 cannot be loaded: it called process\.exit\(0\)/,
  ],
  [
    'registers ipnet',
    codeOf('ipnet'),
    /plugin kleenet-driver-bad 6\.6\.6 registers "ipnet", which its manifest/,
  ],
  [
    'ends the process in register',
    codeOf().replace('registrar.register({', 'process.exit(); ({'),
    /plugin kleenet-driver-bad 6\.6\.6 failed in register: it called process\.exit\(\)/,
  ],
  [
    'waits for ever at import',
    'await new Promise(() => {});',
    /plugin kleenet-driver-bad 6\.6\.6 did not load within 10 seconds/,
  ],
];

for (const [name, code, error] of HOSTILE) {
  test(`a plugin that ${name} fails by itself, and takes nothing else down`, async ({ world }) => {
    world.place({ name: 'kleenet-driver-bad', version: '6.6.6', code });
    world.place({ name: 'kleenet-driver-good', driver: 'good', code: codeOf('good') });
    await world.ok(NETWORK);
    const listed = await world.klee('network ls --format json');
    deepEqual([listed.status, listed.stderr], [0, '']);
    equal((JSON.parse(listed.stdout) as unknown[]).length, 1);
    const failed = await world.klee(RUN_LAB);
    deepEqual([failed.status, failed.stdout], [125, '']);
    match(failed.stderr, new RegExp(`^error: ${error.source}`));
    equal(failed.stderr.split('\n').filter((line) => line.startsWith('error: ')).length, 1);
    match(await world.ok(RUN_LAB.replace('lab', 'good')), /^[0-9a-f]{12}$/);
    await world.ok('container rm -f a');
    equal(await world.ok('system check'), '');
  });
}

test('what is broken in its manifest is told once, and skipped', async ({ world }) => {
  world.place({
    name: 'kleenet-driver-future',
    version: '9.0.0',
    driver: 'future',
    kleenet: { apiVersion: 99 },
  });
  world.place({ name: 'kleenet-driver-odd', driver: 'odd', kleenet: { wires: 3 } });
  world.place({ name: 'kleenet-driver-mine', version: '0.1.0', driver: 'ipnet' });
  const first = await world.klee('network ls');
  deepEqual([first.status, first.stdout], [0, 'ID  NAME  TYPE  INTERFACE  SUBNET\n']);
  deepEqual(first.stderr.trimEnd().split('\n'), [
    'warning: plugin kleenet-driver-future 9.0.0 is skipped: it is written for driver contract 99, and this klee has 1',
    "warning: plugin kleenet-driver-mine 0.1.0 is skipped: driver 'ipnet' is already offered by @kleenet/driver-ipnet",
    'warning: plugin kleenet-driver-odd 1.0.0 is skipped: its package.json is invalid: kleenet.wires is unknown',
  ]);
  const second = await world.klee('network ls');
  deepEqual([second.status, second.stderr], [0, '']);
  await world.ok(NETWORK);
  for (const [driver, code, message] of [
    [
      'future',
      'API_VERSION_UNSUPPORTED',
      /kleenet-driver-future 9\.0\.0 is skipped: it is written for driver contract 99/,
    ],
    ['odd', 'PLUGIN_INVALID', /kleenet-driver-odd 1\.0\.0 is skipped: .*kleenet\.wires is unknown/],
  ] as const) {
    const { status, stderr } = await world.klee(`create --format json --driver ${driver} host`);
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
    deepEqual([status, error.code], [1, code]);
    match(error.message, message);
  }
  const states = (await world.json<PluginView[]>('plugin ls')).map(
    ({ name, state }) => `${name} ${state}`,
  );
  deepEqual(states, [
    '@kleenet/driver-ipnet usable',
    '@kleenet/driver-vnet usable',
    'kleenet-driver-future skipped',
    'kleenet-driver-mine skipped',
    'kleenet-driver-odd skipped',
  ]);
});

test('what a plugin prints is not a result of klee', async ({ world }) => {
  const noise = `console.log('logged'); process.stdout.write('written\\n'); console.info('told');
import { stdout } from 'node:process';
stdout.write('by another way\\n');`;
  world.place({ code: codeOf('lab', noise) });
  await world.ok(NETWORK);
  const run = await world.klee(RUN_LAB);
  equal(run.status, 0);
  match(run.stdout, /^[0-9a-f]{12}\n$/);
  for (const text of ['logged', 'written', 'told', 'by another way'])
    ok(run.stderr.includes(text), text);
});

/** Replaces the generic data plane with one of the plugin's own. */
function withPlane(members: string, before: string = ''): string {
  return codeOf('lab', before).replace(
    'dataPlanes: {},',
    `dataPlanes: { memory: async () => ({
      status: async () => ({ state: 'ready', reasons: [] }),
      plan: () => [],
      attach: async () => {},
      detach: async () => {},
      observe: async (targets) => targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] })),
      ${members}
    }) },`,
  );
}

const FAILING: readonly (readonly [name: string, members: string, error: RegExp])[] = [
  ['throws a string in attach', "attach: async () => { throw 'boom'; }", /failed in attach: boom/],
  [
    'throws nothing in attach',
    'attach: async () => { throw undefined; }',
    /failed in attach: undefined/,
  ],
  [
    'ends the process in attach',
    'attach: async () => { process.exit(0); }',
    /failed in attach: it called process\.exit\(0\)/,
  ],
  [
    'answers junk as its plan',
    "plan: () => 'junk'",
    /broke the contract in plan: the plan is not an array/,
  ],
  [
    'answers junk as its status',
    'status: async () => null',
    /broke the contract in status: the status is not an object/,
  ],
  [
    'lacks a method',
    'detach: undefined',
    /broke the contract in loading its data plane: it has no detach/,
  ],
  [
    'changes what it is given',
    'attach: async (target) => { "use strict"; target.network.name = "other"; }',
    // As each runtime words it.
    /failed in attach: (Cannot assign to read only property|Attempted to assign to readonly property)/,
  ],
  [
    'claims junk',
    'attach: async (_, host) => host.claim({ kind: 7 })',
    /broke the contract in claim during attach: a resource has no kind or no name/,
  ],
  [
    'throws a forged error',
    "attach: async () => { throw Object.assign(new Error('x'), { name: 'KleenetError', code: 'NO_SUCH_CODE' }); }",
    /failed in attach: x/,
  ],
];

for (const [name, members, error] of FAILING) {
  test(`a driver that ${name} is undone, and named`, async ({ world }) => {
    world.place({ version: '6.6.6', code: withPlane(members) });
    await world.ok(NETWORK);
    const failed = await world.klee(RUN_LAB);
    deepEqual([failed.status, failed.stdout], [125, '']);
    match(
      failed.stderr,
      new RegExp(`error: driver lab of plugin kleenet-driver-lab 6\\.6\\.6 ${error.source}`),
    );
    deepEqual(await world.json('container ls -a'), []);
    equal(await world.ok('system check'), '');
  });
}

test('a fault outside of every call ends what is going on, and names the plugin', async ({
  world,
}) => {
  for (const [stray, reason] of [
    ["setTimeout(() => { throw new Error('late'); }, 20)", /late/],
    ["Promise.reject(new Error('lost'))", /lost/],
    ['setTimeout(() => process.exit(0), 20)', /it called process\.exit\(0\)/],
  ] as const) {
    world.place({
      code: withPlane(`attach: async (_, { signal }) => {
      ${stray};
      await new Promise((resolve, reject) => {
        const patience = setTimeout(resolve, 20000);
        signal.addEventListener('abort', () => { clearTimeout(patience); reject(signal.reason); });
      });
    }`),
    });
    await world.ok(NETWORK);
    const failed = await world.klee(RUN_LAB);
    equal(failed.status, 125);
    match(
      failed.stderr,
      /^error: code of a plugin \(kleenet-driver-lab 1\.0\.0\) failed outside a call: /,
    );
    match(failed.stderr, reason);
    deepEqual(await world.json('container ls -a'), []);
    equal(await world.ok('system check'), '');
    await world.ok('network rm net');
  }
});

test('a plugin that leaves klee nothing to wait for does not make that a success', async ({
  world,
}) => {
  const noTimers = 'globalThis.setTimeout = () => 0;';
  const plugin = world.place({
    code: withPlane('attach: () => new Promise(() => {})', noTimers),
  });
  await world.ok(NETWORK);
  const ended = await world.klee(RUN_LAB);
  deepEqual([ended.status, ended.stdout], [1, '']);
  equal(ended.stderr, 'error: klee ended before its work was done\n');
  rmSync(plugin, { recursive: true });
  await world.ok(RUN_LAB.replace('--driver lab', '--driver vnet'));
  equal(await world.ok('system check'), '');
});

test('a plugin that kills the process is recovered from by the next command', async ({ world }) => {
  const claim = "await host.claim({ kind: 'interface', name: 'kle1' });";
  const plugin = world.place({
    code: withPlane(
      `attach: async (_, host) => { ${claim} process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); }`,
    ),
  });
  await world.ok(NETWORK);
  equal((await world.klee(RUN_LAB)).status, -1);
  match(
    (await world.klee('system check')).stdout,
    /container a: an operation on it was interrupted/,
  );
  rmSync(plugin, { recursive: true });
  match((await world.klee('network ls')).stdout, /net/);
  const again = await world.klee(RUN_LAB.replace('--driver lab', '--driver vnet'));
  equal(again.status, 0, again.stderr);
  equal(await world.ok('system check'), '');
});

test('containers of a plugin that is gone are listed, stopped, disconnected and removed', async ({
  world,
}) => {
  const plugin = world.place();
  await world.ok(NETWORK);
  await world.ok(RUN_LAB);
  rmSync(plugin, { recursive: true });
  const [container] = await world.json<ContainerListView[]>('container ls');
  deepEqual([container?.name, container?.driver, container?.state], ['a', 'lab', 'running']);
  const check = await world.klee('system check');
  match(check.stdout, /container a: its driver cannot be used: no driver is named 'lab'/);
  const refused = await world.klee('network disconnect net a');
  match(
    refused.stderr,
    /^error: container 'a' is running, and without its driver lab .*\nhint: stop it first: klee stop a/,
  );
  match(
    (await world.klee('stop a')).stderr,
    /^warning: container 'a' was detached without its driver lab/,
  );
  await world.ok('network disconnect net a');
  await world.ok('start a');
  await world.ok('container rm -f a');
  equal(await world.ok('system check'), '');
});

test('help and completion know the drivers of plugins, and load no code', async ({ world }) => {
  const marker = join(world.folder, 'loaded');
  world.place({
    code: codeOf(
      'lab',
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, '');`,
    ),
  });
  world.place({ name: 'kleenet-driver-odd', kleenet: { wires: 3 } });
  for (const command of ['run', 'create', 'container run'])
    match(await world.ok(`${command} --help`), /^Drivers: disabled, host, ipnet, lab, vnet$/m);
  for (const option of ['--driver', '-l'])
    equal(await world.ok(['__complete', '--', 'run', option, 'la']), 'lab');
  equal(
    await world.ok('__complete -- plugin rm kleenet'),
    'kleenet-driver-lab\nkleenet-driver-odd',
  );
  await world.ok('plugin ls');
  await world.ok('plugin info kleenet-driver-lab');
  await world.ok('network ls');
  ok(!existsSync(marker));
  await world.ok('create --driver lab host');
  ok(existsSync(marker));
});

test('what completion and help keep to themselves is told by the next command', async ({
  world,
}) => {
  world.place({ name: 'kleenet-driver-odd', kleenet: { wires: 3 } });
  await world.ok('__complete -- run --driver ');
  await world.ok('run --help');
  match((await world.klee('network ls --dry-run')).stderr, /kleenet-driver-odd/);
  match((await world.klee('network ls')).stderr, /kleenet-driver-odd/);
  equal((await world.klee('network ls')).stderr, '');
});

test('help works with a configuration that does not', async ({ world }) => {
  const config = join(world.folder, 'config.json');
  writeFileSync(config, '{ "plugins": "none" }');
  match(await world.ok(['run', '--config', config, '--help']), /^klee run/);
});

test('the configuration names further packages', async ({ world }) => {
  const config = join(world.folder, 'config.json');
  const mine = writePlugin(join(world.folder, 'mine'));
  writeFileSync(config, JSON.stringify({ plugins: [mine, join(world.folder, 'none')] }));
  const { stdout, stderr } = await world.klee([
    'plugin',
    'ls',
    '--config',
    config,
    '--format',
    '{{name}} {{origin}}',
  ]);
  match(stdout, /^kleenet-driver-lab config$/m);
  match(stderr, /^warning: plugin none is skipped: its package\.json is missing or unreadable$/m);
  writeFileSync(config, '{ "plugins": ["relative"] }');
  const refused = await world.klee(['network', 'ls', '--config', config]);
  equal(refused.status, 1);
  match(refused.stderr, /plugins\.0: is not an absolute path/);
});

rooted("root has no plugins of a user's", async ({ world }) => {
  writePlugin(join(world.folder, 'data/kleenet/plugins/lab'));
  equal((await world.json<PluginView[]>('plugin ls')).length, 2);
});

rooted('root runs no code that others could have written', async ({ world }) => {
  const plugin = world.place();
  await world.ok(NETWORK);
  const told = async (): Promise<string> => (await world.klee('network ls')).stderr;
  chmodSync(world.plugins, 0o777);
  match(
    await told(),
    /^warning: plugin kleenet-driver-lab 1\.0\.0 is skipped: .*\/plugins is writable by users other than root \(mode 777\)\n$/,
  );
  equal(await told(), '');
  const refused = await world.klee(RUN_LAB);
  equal(refused.status, 125);
  match(
    refused.stderr,
    /^error: the driver 'lab' cannot be used, because its plugin kleenet-driver-lab 1\.0\.0 is skipped: .*is writable by users other/,
  );
  chmodSync(world.plugins, 0o755);
  equal(await told(), '');
  await world.ok('create --driver lab host');
  chownSync(join(plugin, 'index.js'), 65_534, 65_534);
  match(await told(), /index\.js belongs to the user 65534/);
  chownSync(join(plugin, 'index.js'), 0, 0);
  mkdirSync(join(plugin, 'lib'));
  writeFileSync(join(plugin, 'lib/data-plane.js'), '');
  chmodSync(join(plugin, 'lib/data-plane.js'), 0o666);
  equal(await told(), '');
  const late = await world.klee(['create', '--format', 'json', '--driver', 'lab', 'host']);
  const { error } = JSON.parse(late.stderr) as { error: Record<string, string> };
  equal(error['code'], 'PLUGIN_UNTRUSTED');
  match(
    error['message'] ?? '',
    /plugin kleenet-driver-lab 1\.0\.0 is not loaded: .*lib\/data-plane\.js is writable by/,
  );
  match(error['hint'] ?? '', /chmod -R go-w/);
});

test.run();
