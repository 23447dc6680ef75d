/** Runs of containers on a model of a FreeBSD host: what is there while a command runs, and what once it has ended. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { suite } from 'uvu';
import type { HostState } from '@kleenet/freebsd-model';
import type { CallingProcess } from '../src/calling-process.ts';
import { FreebsdWorld } from './support/freebsd.ts';

interface Given {
  readonly world: FreebsdWorld;
}

const test = suite<Given>('runs on FreeBSD');

test.before.each((given) => {
  Object.assign(given, { world: new FreebsdWorld() });
});
test.after.each(({ world }) => world.remove());

/** Interfaces, jails and mounts. */
function look({ host }: FreebsdWorld): readonly unknown[] {
  const { stacks, jails, mounts } = host.host.state;
  const names = stacks[0]?.interfaces.map(({ name }) => name);
  return [names, jails.map(({ name }) => name), mounts.map(({ target }) => target)];
}

/** Another klee enters the next jail that is made, to write its hosts file, and takes its time. */
function visitNext(state: HostState): void {
  const jid = state.lastJid + 1;
  state.processes.push({ pid: 4711, jid, command: '/bin/sh -c printf', ignores: [] });
}

test('a run that is over is reaped, though another klee is in its jail', async ({ world }) => {
  await world.ok('network create -t bridge --subnet 10.4.6.0/24 lan');
  const before = look(world);
  visitNext(world.host.host.state);
  equal(await world.ok('run --rm --driver vnet --network lan host true'), '');
  deepEqual(await world.ok('container ls -a --quiet'), '');
  deepEqual(look(world), before);
  equal(await world.ok('system check'), '');
});

test('a container whose command has ended is not a fault, and repair clears it away', async ({
  world,
}) => {
  world.environment['KLEE_COMMAND_PREFIX'] = '["carry"]';
  const parts: Partial<CallingProcess> = { system: 'linux', user: () => 'alice' };
  const klee = async (words: string): Promise<string> => {
    const { status, stdout, stderr } = await world.mishap(words, {}, parts);
    equal(status, 0, `${words}: ${stdout}${stderr}`);
    return stdout;
  };
  await klee('network create --subnet 10.1.0.0/24 net');
  await klee('run -d --name c -n net host sleep 600');
  const { jails } = world.host.host.state;
  world.host.host.run(['pkill', '-TERM', '-j', jails[0]?.name ?? '']);
  match(await klee('container ls -a'), /exited/);
  equal(await klee('system check'), '');
  equal(world.host.host.state.jails.length, 1);
  await klee('system repair');
  equal(world.host.host.state.jails.length, 0);
  match(await klee('container ls -a'), /exited/);
  equal(await klee('system check'), '');
});

test('a supervisor that was killed with its command is a fault', async ({ world }) => {
  await world.ok('run -d --name c --driver ipnet host sleep 600');
  world.host.host.state.processes = [];
  const { status, stdout } = await world.klee('system check');
  equal(status, 1);
  match(stdout, /its command ended, but resources of the run are still on the host/);
  await world.ok('system repair');
  equal(await world.ok('system check'), '');
});

test('after a boot nothing is amiss with what has not been started again', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 net');
  await world.ok('run -d --name c -n net host sleep 600');
  world.host.host.reboot();
  equal(await world.ok('system check'), '');
  match(await world.ok('container ls -a'), /exited/);
  await world.ok('start c');
  equal(await world.ok('system check'), '');
});

test('setting the clock is not a boot', async ({ world }) => {
  await world.ok('network create -t bridge --subnet 10.4.6.0/24 lan');
  await world.ok('run -d --name c --driver vnet --network lan host sleep 600');
  for (const milliseconds of [-3_600_000, 90_000]) {
    world.host.host.setClock(milliseconds);
    match(await world.ok('container ls'), /running/);
    equal(await world.ok('system check'), '');
  }
  const { stderr, status } = await world.klee('start c');
  equal(status, 1);
  match(stderr, /already running/);
  match(await world.ok('container ls'), /running/);
  await world.ok('container rm -f c');
  deepEqual(
    world.host.host.state.stacks[0]?.interfaces.filter(({ kind }) => kind === 'epair'),
    [],
  );
});

test.run();
