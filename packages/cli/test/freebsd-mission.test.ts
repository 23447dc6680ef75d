/**
 * The rules that klee was made for, one after the other, on a model of a FreeBSD host: what klee answers, and what the
 * host then has. Whether packets arrive is for a real host to show, and what happens when klee and the host are programs
 * for integration/freebsd-programs.test.ts.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { suite } from 'uvu';
import { MissionHost } from './support/mission-host.ts';

const test = suite('the mission, on FreeBSD');
const host = MissionHost.inProcess();
const first = host.look();
test.after(() => host.close());

test('a container is connected to a network, and gets the first free address', async () => {
  match(await host.ok('network create --subnet 10.10.36.0/24 testnet'), /^[0-9a-f]{12}\n$/);
  for (const name of ['container1', 'container2'])
    await host.ok(`run -d --name ${name} --driver ipnet host sleep 600`);
  equal(await host.ok('network connect testnet container1'), '');
  equal(await host.ok('network connect --ip 10.10.36.122 testnet container2'), '');
  await host.ok('run -d --name container3 --network=testnet host sleep 600');
  equal((await host.container('container3')).driver, 'ipnet');
  deepEqual(await host.addressesOn('testnet'), {
    container1: ['10.10.36.1'],
    container2: ['10.10.36.122'],
    container3: ['10.10.36.2'],
  });
});

test('the addresses are aliases of the network, and each is in the list of one jail', async () => {
  const { kind, addresses } = await host.interfaceOf('testnet');
  equal(kind, 'lo');
  deepEqual(addresses, ['10.10.36.1/32', '10.10.36.122/32', '10.10.36.2/32']);
  deepEqual(await host.seenBy('container1'), ['10.10.36.1']);
  deepEqual(await host.seenBy('container2'), ['10.10.36.122']);
});

test('what cannot be connected is refused, and nothing changes', async () => {
  await host.ok('run -d --name container4 --driver ipnet host sleep 600');
  const before = host.look();
  const table: readonly (readonly [string, RegExp])[] = [
    ['--ip 10.10.36.122 testnet container4', /container2/],
    ['--ip 10.10.37.1 testnet container4', /10\.10\.36\.0\/24/],
    ['--ip 10.10.36.0 testnet container4', /reserved/],
    ['--ip 10.10.36.255 testnet container4', /reserved/],
    ['--ip6 fd00::5 testnet container4', /ipv6/i],
    ['testnet container1', /already connected/],
    ['nonet container1', /not found/],
    ['testnet nocontainer', /not found/],
  ];
  for (const [words, reason] of table) await host.refused(`network connect ${words}`, reason);
  deepEqual(host.look(), before);
});

test('the address stays through stop and start, and goes with the connection', async () => {
  await host.ok('stop container1');
  deepEqual((await host.addressesOn('testnet'))['container1'], ['10.10.36.1']);
  equal((await host.interfaceOf('testnet')).addresses.includes('10.10.36.1/32'), false);
  await host.ok('start container1');
  deepEqual(await host.seenBy('container1'), ['10.10.36.1']);
  await host.ok('network disconnect testnet container1');
  deepEqual(await host.seenBy('container1'), []);
  equal((await host.interfaceOf('testnet')).addresses.includes('10.10.36.1/32'), false);
  await host.refused('network disconnect testnet container1', /not connected/);
  await host.ok('container rm -f container2');
  await host.ok('network connect --ip 10.10.36.122 testnet container1');
});

test('a network without a free address refuses, and changes nothing', async () => {
  await host.ok('network create --subnet 10.99.0.0/30 tiny');
  for (const name of ['container1', 'container3']) await host.ok(`network connect tiny ${name}`);
  const before = host.look();
  await host.refused('network connect tiny container4', /no (free|more).*address|exhaust/i);
  deepEqual(host.look(), before);
  deepEqual(await host.seenBy('container1'), ['10.10.36.122', '10.99.0.1']);
});

test('drivers do not mix, and say what would work', async () => {
  await host.ok('network create -t bridge --subnet 10.4.6.0/24 --subnet6 fd46::/64 testvnet');
  await host.ok('run -d --name v1 -l vnet -n testvnet host sleep 600');
  deepEqual((await host.addressesOn('testvnet'))['v1'], ['10.4.6.2', 'fd46::2']);
  deepEqual((await host.inside('v1', 'eth0'))?.addresses, ['10.4.6.2/24', 'fd46::2/64']);
  await host.ok('run -d --name v2 -l vnet -n testvnet host sleep 600');
  await host.ok('network connect testvnet container4');
  await host.refused('network connect testnet v1', /vnet.*(loopback|bridge)/);
  await host.ok('network create -t bridge --subnet 10.4.7.0/24 othervnet');
  await host.refused('network connect othervnet v1', /running/);
  await host.ok('create --name h1 --driver host host sleep 1');
  await host.refused('network connect testnet h1', /host/);
  await host.refused('create --name x --driver lolnet host sleep 1', /lolnet/);
  await host.ok('create --name h2 host sleep 1');
  equal((await host.container('h2')).driver, 'host');
});

test('a container with a stack of its own loses its interface when it is disconnected', async () => {
  await host.ok('network disconnect testvnet v2');
  equal(await host.inside('v2', 'eth0'), undefined);
  await host.refused('network disconnect testvnet v2', /not connected/);
});

test('both families on one network', async () => {
  await host.ok('network create --subnet 10.77.0.0/24 --subnet6 fd77::/64 dual');
  for (const name of ['d1', 'd2']) await host.ok(`run -d --name ${name} -n dual host sleep 600`);
  deepEqual(await host.seenBy('d2'), ['10.77.0.2', 'fd77::2']);
  await host.refused('network connect --ip6 fd77::1 dual container4', /d1/);
});

test('an image, by the name of the example', async () => {
  await host.ok('image import FreeBSD-13.2-RELEASE /tmp/base.txz');
  equal((await host.klee('run --network=testnet FreeBSD-13.2-RELEASE')).status, 0);
  await host.refused('run --rm nosuchimage true', /image/, 125);
});

test('nothing is wrong, and nothing is left in the end', async () => {
  equal(await host.ok('system check'), '');
  for (const id of await host.lines('container ls -a --quiet'))
    await host.ok(`container rm -f ${id}`);
  for (const id of await host.lines('network ls --quiet')) await host.ok(`network rm ${id}`);
  await host.ok('image rm FreeBSD-13.2-RELEASE');
  deepEqual(host.look(), first);
});

test.run();
