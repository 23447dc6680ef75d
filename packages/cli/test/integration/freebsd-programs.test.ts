/**
 * bin/klee works through a command prefix on a modelled FreeBSD host that is a program itself: its shell scripts, what
 * they start and what supervises that are real processes.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { MissionHost } from '../support/mission-host.ts';

const test = suite('klee and a FreeBSD host, as programs');
const host = await MissionHost.program();
const first = host.look();
test.after(() => host.close());

/** An archive of an image that has a file of its own. */
function archive(): string {
  const source = join(host.directory, 'base');
  mkdirSync(join(source, 'etc'), { recursive: true });
  writeFileSync(join(source, 'etc/mark'), '13.2\n');
  const packed = spawnSync('tar', ['-czf', `${source}.tgz`, '-C', source, '.'], {
    encoding: 'utf8',
  });
  equal(packed.status, 0, packed.stderr);
  return `${source}.tgz`;
}

test('the platform says what it is', async () => {
  const info = await host.ok('system info');
  match(info, /^platform +freebsd$/m);
  match(info, /^release +13\.2-RELEASE$/m);
  match(info, /^firewall +ready$/m);
});

test('containers come to networks while they run, and go', async () => {
  await host.ok('network create -t bridge --subnet 10.4.6.0/24 --subnet6 fd46::/64 net');
  await host.ok('run -d --name v -l vnet -n net -p 8080:80 host sleep 600');
  await host.ok('run -d --name i -l ipnet host sleep 600');
  await host.ok('network connect --ip 10.4.6.122 net i');
  await host.refused('network connect net v', /is running/);
  deepEqual(await host.addressesOn('net'), {
    v: ['10.4.6.2', 'fd46::2'],
    i: ['10.4.6.122', 'fd46::3'],
  });
  deepEqual((await host.inside('v', 'eth0'))?.addresses, ['10.4.6.2/24', 'fd46::2/64']);
  deepEqual(await host.seenBy('i'), ['10.4.6.122', 'fd46::3']);
  await host.ok('network disconnect net v');
  equal(await host.inside('v', 'eth0'), undefined);
});

test('commands run in containers, and their exit status is that of klee', async () => {
  await host.ok(`image import base ${archive()}`);
  equal(await host.ok('run --rm base cat /etc/mark'), '13.2\n');
  const words = ['run', '--rm', 'base', '/bin/sh', '-c', 'exit 7'];
  equal((await host.klee(words)).status, 7);
  equal((await host.klee('exec i nosuchprogram')).status, 127);
});

test('a command that ends by itself is reaped, and its status kept', async () => {
  await host.ok(['run', '-d', '--name', 'short', '-n', 'net', 'base', '/bin/sh', '-c', 'exit 3']);
  for (let tries = 0; (await host.container('short')).state !== 'exited'; tries += 1) {
    equal(tries < 50, true, 'it does not end');
  }
  equal((await host.container('short')).exit_code, 3);
  // The supervisor has the run reaped after it has recorded the status.
  for (let tries = 0; (await host.seenBy('short')) !== undefined; tries += 1) {
    equal(tries < 50, true, 'it is not reaped');
  }
});

test('nothing is wrong, and nothing is left in the end', async () => {
  equal(await host.ok('system check'), '');
  for (const name of ['v', 'i', 'short']) await host.ok(`container rm -f ${name}`);
  await host.ok('network rm net');
  await host.ok('image rm base');
  deepEqual(host.look(), first);
});

test.run();
