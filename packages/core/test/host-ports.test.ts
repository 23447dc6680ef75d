/** Published ports that the host needs itself. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { IpAddress } from '../src/address/types.ts';
import * as core from '../src/engine/index.ts';
import type { ErrorCode } from '../src/errors.ts';
import type { HostListener } from '../src/platform.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('ports of the host');

const SSHD: HostListener = {
  protocol: 'tcp',
  port: 22,
  families: ['ipv4', 'ipv6'],
  process: 'sshd (pid 812)',
};

function setListeners({ platform }: Process, ...listeners: readonly HostListener[]): void {
  platform.listeners = () => Promise.resolve(listeners);
}

async function withNetwork(options: object = {}): Promise<Process> {
  const process = newProcess(newWorld());
  await core.createNetwork(process.engine, {
    name: 'net',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    ...options,
  });
  return process;
}

function run({ engine }: Process, ...publish: readonly string[]): Promise<unknown> {
  const request = { name: 'web', image: 'host', networks: [{ network: 'net' }], publish };
  return core.runContainer(engine, request, 'detached');
}

async function hinted(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  assert.ok((await refused(work, code, message)).hint !== undefined);
}

test('a port that a program of the host listens on is refused by name, and leaves nothing', async () => {
  const process = await withNetwork();
  setListeners(process, SSHD);
  const message = /^port 22\/tcp of the host is in use by sshd \(pid 812\)$/;
  await hinted(run(process, '22:22'), 'PORT_IN_USE', message);
  await hinted(run(process, '20:22:1000:*'), 'PORT_IN_USE', message);
  assert.deepEqual(await core.listContainers(process.engine), []);
  for (const [index, free] of ['21', '23', '22/udp', '10:21:1000:*', '23:30:1000:*'].entries()) {
    const request = { name: `free${index}`, image: 'host', networks: [{ network: 'net' }] };
    await core.runContainer(process.engine, { ...request, publish: [free] }, 'detached');
    await core.removeContainer(process.engine, request.name, { force: true });
  }
});

test('it collides where packets for it would go to the container', async () => {
  const address = (text: string): { address: IpAddress } => ({ address: text as IpAddress });
  const rows: readonly (readonly [
    publish: string,
    listener: Partial<HostListener>,
    taken: boolean,
  ])[] = [
    ['22', address('127.0.0.1'), true],
    ['22', { families: ['ipv6'] }, false],
    ['22', { interface: 'lo' }, true],
    ['ext0:22', {}, true],
    ['ext0:22', address('192.0.2.10'), true],
    ['ext0:22', address('127.0.0.1'), false],
    ['ext0:22', { interface: 'ext0' }, true],
    ['ext0:22', { interface: 'lo' }, false],
  ];
  for (const [publish, changes, taken] of rows) {
    const process = await withNetwork();
    setListeners(process, { ...SSHD, ...changes });
    if (taken) await hinted(run(process, publish), 'PORT_IN_USE', /in use/);
    else await run(process, publish);
  }
});

test('a network that publishes nothing takes no port from the host', async () => {
  const process = await withNetwork({ internal: true });
  setListeners(process, SSHD);
  await run(process, '22');
});

test('the host is asked when the port is to be opened: at each start, and when a container gets its first network', async () => {
  const process = await withNetwork();
  const { engine } = process;
  await run(process, '22');
  await core.stopContainer(engine, 'web', 0);
  setListeners(process, SSHD);
  await hinted(core.startContainer(engine, 'web', 'detached'), 'PORT_IN_USE', /sshd/);
  assert.deepEqual(await core.checkSystem(engine), []);
  await core.disconnect(engine, { network: 'net', container: 'web' });
  await core.startContainer(engine, 'web', 'detached');
  const connect = core.connect(engine, { network: 'net', container: 'web' });
  await hinted(connect, 'PORT_IN_USE', /sshd/);
  setListeners(process);
  await core.connect(engine, { network: 'net', container: 'web' });
});

test('an interface that the host does not have is refused, when the container is created and when it starts', async () => {
  const process = await withNetwork();
  const { engine, platform } = process;
  const message = /^the host has no interface named gone0$/;
  await hinted(run(process, 'gone0:80'), 'INTERFACE_NOT_FOUND', message);
  const request = { name: 'web', image: 'host', networks: [{ network: 'net' }] };
  const create = core.createContainer(engine, { ...request, publish: ['gone0:80'] });
  await hinted(create, 'INTERFACE_NOT_FOUND', message);
  await core.createContainer(engine, { ...request, publish: ['ext0:80'] });
  await platform.tamper((state) => {
    delete state.interfaces['/ext0'];
  });
  await hinted(core.startContainer(engine, 'web', 'detached'), 'INTERFACE_NOT_FOUND', /ext0/);
});

test.run();
