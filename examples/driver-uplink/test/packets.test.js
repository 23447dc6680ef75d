// Real packets of two containers on a Linux host with two uplinks, in both families.
import { equal } from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { isInNamespaces, linuxTestHost } from '@kleenet/linux-host';
import { OPERATION, World } from './support/world.js';

const skip = isInNamespaces() ? false : 'it needs a Linux host in namespaces of its own: npm test';

/** Answers each datagram with its name. */
const SERVER = `
const [name] = process.argv.slice(1);
const udp = require('dgram').createSocket('udp6', (m, r) => udp.send(name, r.port, r.address));
udp.bind(5000, () => console.log('ready'));`;

/** Prints what answers there, or nothing. */
const CLIENT = `
const [address] = process.argv.slice(1);
const udp = require('dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
const end = (said) => { process.stdout.write(said); process.exit(0); };
udp.on('message', (m) => end(String(m))).on('error', () => end(''));
setTimeout(() => end(''), 1500);
udp.send('?', 5000, address, (error) => error && end(''));`;

/** Somewhere in the Internet, as both uplinks lead there. */
const FAR = { ipv4: '203.0.113.9', ipv6: '2001:db8:f::9' };
const UPLINKS = {
  first: { device: 'up1', ipv4: '198.51.100', ipv6: '2001:db8:1', table: 'main' },
  second: { device: 'up2', ipv4: '198.18.0', ipv6: '2001:db8:2', table: '100' },
};
const servers = [];

function ip(line) {
  return execFileSync('ip', line.split(' '), { encoding: 'utf8' });
}

function ask(netns, address) {
  const client = [process.execPath, '-e', CLIENT, address];
  const within = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const [program, ...words] = [...within, ...client];
  return execFileSync(program, words, { encoding: 'utf8' });
}

async function serve(netns, name) {
  const words = ['netns', 'exec', netns, process.execPath, '-e', SERVER, name];
  const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

/** A way to the Internet, and back to the containers. */
async function makeUplink(netns, { device, ipv4, ipv6, table }) {
  ip(`netns add ${netns}`);
  ip(`link add name ${device} type veth peer name eth0 netns ${netns}`);
  for (const line of [
    `address add ${ipv4}.1/24 dev eth0`,
    `address add ${ipv6}::1/64 dev eth0 nodad`,
    `address add ${FAR.ipv4}/32 dev lo`,
    `address add ${FAR.ipv6}/128 dev lo nodad`,
    'link set dev lo up',
    'link set dev eth0 up',
    `route add default via ${ipv4}.2`,
  ])
    ip(`-netns ${netns} ${line}`);
  ip(`address add ${ipv4}.2/24 dev ${device}`);
  ip(`address add ${ipv6}::2/64 dev ${device} nodad`);
  ip(`link set dev ${device} up`);
  ip(`-netns ${netns} route add default via ${ipv6}::2`);
  ip(`route add default via ${ipv4}.1 table ${table}`);
  ip(`route add default via ${ipv6}::1 dev ${device} table ${table}`);
  await serve(netns, netns);
}

let world;
let one;
let two;

before(async () => {
  if (skip !== false) return;
  const host = linuxTestHost();
  await host.inspect();
  for (const [name, parts] of Object.entries(UPLINKS)) await makeUplink(name, parts);
  world = await World.open(host);
  one = await world.add(0);
  two = await world.add(1);
  await serve(two.sandbox.name, 'two');
});

after(() => servers.forEach((child) => child.kill('SIGKILL')));

for (const family of ['ipv4', 'ipv6']) {
  test(`containers reach each other (${family})`, { skip }, () =>
    equal(ask(one.sandbox.name, two.endpoint.addresses[family]), 'two'),
  );

  test(`the host leaves by the main table, and containers by theirs (${family})`, { skip }, () => {
    equal(ask(undefined, FAR[family]), 'first');
    equal(ask(one.sandbox.name, FAR[family]), 'second');
  });

  test(`an uplink that is down does not turn into the other (${family})`, { skip }, () => {
    const [route] = ip(`${family === 'ipv4' ? '-4' : '-6'} route show default table 100`).split(
      '\n',
    );
    ip(`${family === 'ipv4' ? '-4' : '-6'} route delete default table 100`);
    equal(ask(one.sandbox.name, FAR[family]), '');
    ip(`${family === 'ipv4' ? '-4' : '-6'} route add ${route.trim()} table 100`);
    equal(ask(one.sandbox.name, FAR[family]), 'second');
  });
}

test(
  'what the main table knows of is reached as ever: neighbours of the first uplink',
  { skip },
  () => equal(ask(one.sandbox.name, `${UPLINKS.first.ipv4}.1`), 'first'),
);

test('without its rules a network leaves by the main table', { skip }, async () => {
  await world.plane.networkDown(world.network, OPERATION);
  equal(ask(one.sandbox.name, FAR.ipv4), 'first');
  await world.plane.networkUp(world.network, OPERATION);
  equal(ask(one.sandbox.name, FAR.ipv4), 'second');
});
