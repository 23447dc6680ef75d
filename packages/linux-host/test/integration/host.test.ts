/** The host that cases are run on: what it tells, what can be taken away, and that each is a new one. */
import { deepEqual, equal, match, notDeepEqual, rejects } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { linuxTestHost } from '@kleenet/linux-host';
import { suite } from 'uvu';
import type { SimulatedState } from '@kleenet/core/testing';

const test = suite('a Linux host for tests');

function sh(text: string): void {
  execFileSync('sh', ['-ec', text]);
}

const TABLE = 'nft add table inet left';
const CHAIN = "nft 'add chain inet left c { type filter hook input priority 0; }'";
const SET = "nft 'add set inet left s { type ipv4_addr; }'";
const RULE = 'nft add rule inet left c counter accept';
const ELEMENT = "nft 'add element inet left s { 192.0.2.9 }'";
const NAMESPACE = 'ip netns add left';

/** One of everything that a driver may leave on a host, with what has to be there before. */
const LEFTOVERS: readonly (readonly [command: string, ...before: readonly string[]])[] = [
  ['ip link add name left0 type bridge'],
  ['ip link set dev ext0 mtu 1400'],
  ['ip address add 198.51.100.1/24 dev ext0'],
  ['ip route add 203.0.113.0/24 via 192.0.2.1'],
  ['ip route add unreachable 203.0.113.128/25'],
  ['ip -6 route add unreachable 2001:db8:1::/64'],
  ['ip neighbour replace 192.0.2.7 lladdr 02:00:00:00:00:07 dev ext0 nud permanent'],
  ['ip neighbour add proxy 192.0.2.8 dev ext0'],
  ['ip rule add priority 77 from 198.51.100.1 table 77'],
  ['ip -6 rule add priority 78 table 78'],
  ['sysctl -q -w net.ipv4.ip_forward=1'],
  ['sysctl -q -w net.ipv4.conf.ext0.proxy_arp=1'],
  [TABLE],
  [CHAIN, TABLE],
  [RULE, TABLE, CHAIN],
  [SET, TABLE],
  [ELEMENT, TABLE, SET],
  [NAMESPACE],
  ['ip link add name left1 type veth peer name inside netns left', NAMESPACE],
];

async function stateOfNew(): Promise<SimulatedState> {
  return linuxTestHost().inspect();
}

test('it has a loopback interface, an uplink and nothing else', async () => {
  const { interfaces, sandboxes, firewall } = await stateOfNew();
  deepEqual(Object.keys(interfaces).toSorted(), ['/ext0', '/lo']);
  deepEqual(interfaces['/ext0']?.addresses, ['192.0.2.10/24']);
  deepEqual([sandboxes, firewall], [{}, '']);
});

test('everything that is left on it is seen, and gone from the next', async () => {
  const bare = await stateOfNew();
  for (const [command, ...before] of LEFTOVERS) {
    const host = linuxTestHost();
    deepEqual(await host.inspect(), bare, `before ${command}`);
    before.forEach(sh);
    const without = await host.inspect();
    sh(command);
    notDeepEqual(await host.inspect(), without, `${command} is not seen`);
  }
  await stateOfNew();
  for (const [command] of LEFTOVERS) sh(command);
  deepEqual(await stateOfNew(), bare);
});

test('a host ends with the next', async () => {
  const host = linuxTestHost();
  await host.inspect();
  await linuxTestHost().inspect();
  await rejects(() => host.inspect(), /a later host has taken the place/);
});

test('what is taken away is gone: an element and a rule of the firewall alone', async () => {
  const host = linuxTestHost();
  await host.inspect();
  [TABLE, CHAIN, RULE, SET, ELEMENT].forEach(sh);
  const whole = await host.inspect();
  match(whole.firewall, /^element .*192\.0\.2\.9/m);
  await host.tamper((state) => {
    state.firewall = state.firewall
      .split('\n')
      .filter((line) => !line.startsWith('element ') && !line.startsWith(' '))
      .join('\n');
  });
  const { firewall } = await host.inspect();
  equal(firewall, whole.firewall.replace(/^(?:element| ).*\n?/gm, '').trimEnd());
});

test('while another process has it, there is no host', async () => {
  await stateOfNew();
  writeFileSync('/run/kleenet-test-host-holder', '1');
  const script = "import('@kleenet/linux-host').then((m) => m.linuxTestHost().inspect())";
  const argv = [...process.execArgv, '-e', script];
  let said = '';
  try {
    execFileSync(process.execPath, argv, { stdio: 'pipe', cwd: import.meta.dirname });
  } catch (error) {
    said = String((error as { stderr?: Buffer }).stderr);
  }
  match(said, /process 1 has a Linux host in the same namespaces/);
});

test.run();
