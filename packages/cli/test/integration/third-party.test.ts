/**
 * As a stranger has it: every package packed, installed with npm into an empty folder, a driver that klee has never
 * heard of added from its tarball, and containers that it connects to a network with hosts that are none of klee's.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { HOST_ADDRESS, OUTSIDE_ADDRESS, PacketHost, UPLINK, ip } from '../support/packets.ts';
import { installPacked, nodeWithSqlite } from '../support/packed.ts';
import { trustedFolder } from '../../../host/test/support/plugins.ts';
import type { Finished } from '../support/klee.ts';
import { FAMILIES } from '@kleenet/core';
const folder = trustedFolder();
const state = join(mkdtempSync('/run/klee-third-party-'), 'state');
const plugins = join(folder, 'plugins');
const { project, macvlan } = installPacked(folder);
const node = nodeWithSqlite();

/** The klee that npm installed. */
class InstalledHost extends PacketHost {
  override async klee(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = this.try(...words);
    if (status !== 0) throw new Error(`klee ${words.join(' ')} exited ${status}: ${stderr}`);
    return stdout.trimEnd();
  }

  try(...words: readonly string[]): Finished {
    const argv = words.flatMap((part) => part.split(' '));
    const { status, stdout, stderr } = spawnSync(
      node,
      [join(project, 'node_modules/.bin/klee'), ...argv],
      {
        cwd: project,
        encoding: 'utf8',
        env: {
          ...process.env,
          KLEE_ROOT: state,
          KLEE_PLUGIN_DIRECTORY: plugins,
          npm_config_cache: join(folder, 'npm'),
          npm_config_offline: 'true',
        },
      },
    );
    return { status: status ?? -1, stdout, stderr };
  }
}

const host = new InstalledHost();

test.after(() => rmSync(folder, { recursive: true }));

/** Whether what listens there can be reached, and sees from where. */
async function reaches(from: string, address: string, port: number): Promise<boolean> {
  return (await host.ask(from, address, port)) !== '';
}

test('the tarballs install side by side into an empty folder, and klee starts', async () => {
  assert.match(await host.klee('--version'), /^\d+\.\d+\.\d+$/);
  assert.match(await host.klee('plugin ls'), /@kleenet\/driver-ipnet/);
  assert.doesNotMatch(await host.klee('plugin ls'), /macvlan/);
});

test('none of the packages runs a script of its own on installation, such as a compiler', () => {
  const lock = readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { readonly packages: Record<string, object> };
  const scripted = Object.entries(packages).filter(([, one]) => 'hasInstallScript' in one);
  assert.ok(Object.keys(packages).includes('node_modules/@kleenet/store-sqlite'));
  assert.deepEqual(scripted, []);
});

test('the driver is added from its tarball, and keeps the contract', async () => {
  assert.equal(await host.klee(`plugin add --yes ${macvlan}`), 'kleenet-driver-macvlan');
  assert.match(await host.klee('plugin ls'), /kleenet-driver-macvlan +0\.1\.0 +macvlan/);
  const report = await host.klee('plugin test kleenet-driver-macvlan');
  assert.match(report, /^driver macvlan keeps the contract on Linux: /);
});

test('containers reach each other and their neighbours, and their neighbours reach them', async () => {
  const excluded = `--exclude ${OUTSIDE_ADDRESS.ipv4} --exclude ${OUTSIDE_ADDRESS.ipv6}`;
  await host.klee(
    `network create -t custom -i ${UPLINK} --subnet 192.0.2.0/24 --subnet6 2001:db8::/64 ${excluded} lan`,
  );
  const gateways = FAMILIES.map(
    (family) => `--driver-opt gateway${family === 'ipv4' ? '' : '6'}=${OUTSIDE_ADDRESS[family]}`,
  );
  await host.container('c1', `--driver macvlan -n lan ${gateways.join(' ')}`, 4000);
  await host.container('c2', '--driver macvlan', 4000);
  await host.klee('network connect lan c2');
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const family of FAMILIES) {
    const [one, two] = [
      await host.address('lan', 'c1', family),
      await host.address('lan', 'c2', family),
    ];
    assert.equal(await host.ask('c1', two, 4000), `c2 ${one}`);
    assert.equal(await host.ask('c2', one, 4000), `c1 ${two}`);
    assert.equal(await host.ask('c1', OUTSIDE_ADDRESS[family], 7), `outside ${one}`);
    assert.equal(await host.ask('c2', OUTSIDE_ADDRESS[family], 7), `outside ${two}`);
    assert.equal(await host.ask('outside', one, 4000), `c1 ${OUTSIDE_ADDRESS[family]}`);
  }
  assert.equal(await host.klee('system check'), '');
});

test('the way out is the gateway that was asked for, and there is none where none was', async () => {
  const beyond = { ipv4: '198.51.100.1', ipv6: '2001:db8:1::1' } as const;
  ip(`-netns outside address add ${beyond.ipv4}/32 dev lo`);
  ip(`-netns outside address add ${beyond.ipv6}/128 dev lo nodad`);
  for (const family of FAMILIES) {
    assert.ok(await reaches('c1', beyond[family], 7), family);
    assert.ok(!(await reaches('c2', beyond[family], 7)), family);
  }
});

test('the host itself is not reached by the shared interface, as the driver says', async () => {
  host.serveOnHost('host', 22);
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const family of FAMILIES)
    assert.ok(!(await reaches('c1', HOST_ADDRESS[family], 22)), family);
});

test('what the driver cannot keep is refused, and changes nothing', async () => {
  await host.klee('create --name c3 --driver macvlan host true');
  for (const [words, said] of [
    ['network connect --driver-opt gateway=192.0.2.9 lan c3', /create the network with --exclude/],
    ['network connect --driver-opt speed=9 lan c3', /driver macvlan knows no option "speed"/],
    ['create --driver macvlan --publish 80 host true', /macvlan/],
  ] as const) {
    const { status, stderr } = host.try(words);
    assert.match(stderr, said);
    assert.equal(status, 1);
  }
  await host.klee('network create -t bridge --subnet 10.5.0.0/24 bridged');
  assert.match(
    host.try('network connect bridged c3').stderr,
    /does not connect to bridge networks/,
  );
  await host.klee('network rm bridged');
});

test('a container loses its address as soon as it is disconnected, and has it back when it starts again', async () => {
  const address = await host.address('lan', 'c2', 'ipv4');
  await host.klee('network disconnect lan c2');
  assert.ok(!(await reaches('outside', address, 4000)));
  await host.klee('stop -t 0 c1');
  await host.klee('start c1');
  assert.match(ip(`-netns ${host.namespace('c1')} -br address show dev eth0`), /192\.0\.2\./);
  assert.equal(await host.klee('system check'), '');
});

test('without icc containers hear their neighbours, and not each other', async () => {
  ip('netns add beside');
  ip('link add name parent2 type veth peer name eth0 netns beside');
  ip('link set dev parent2 up');
  ip('-netns beside address add 203.0.113.1/24 dev eth0');
  ip('-netns beside link set dev eth0 up');
  host.serve('beside', 'beside', 7);
  await host.klee(
    'network create -t custom -i parent2 --no-icc --subnet 203.0.113.0/24 --exclude 203.0.113.1 apart',
  );
  for (const name of ['a1', 'a2']) await host.container(name, '--driver macvlan -n apart', 4000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(await reaches('a1', '203.0.113.1', 7));
  assert.ok(!(await reaches('a1', await host.address('apart', 'a2', 'ipv4'), 4000)));
});

test('without the plugin klee takes away what the driver made, from the record alone', async () => {
  const namespace = host.namespace('a2');
  assert.match(ip(`-netns ${namespace} link show`), /eth0@/);
  rmSync(plugins, { recursive: true });
  assert.match(host.try('network disconnect apart a2').stderr, /without its driver macvlan/);
  await host.klee('network disconnect --force apart a2');
  assert.doesNotMatch(ip(`-netns ${namespace} link show`), /eth0@/);
  assert.equal(await host.klee(`plugin add --yes ${macvlan}`), 'kleenet-driver-macvlan');
  assert.equal(await host.klee('system check'), '');
});

test('the plugin stays while containers use it, and leaves nothing behind when it goes', async () => {
  assert.match(host.try('plugin rm kleenet-driver-macvlan').stderr, /^error: /);
  await host.klee('container rm -f c1 c2 c3 a1 a2');
  await host.klee('network rm lan apart');
  await host.klee('plugin rm kleenet-driver-macvlan');
  assert.doesNotMatch(await host.klee('plugin ls'), /macvlan/);
  assert.doesNotMatch(ip('-d link show'), /macvlan/);
  assert.equal(await host.klee('system check'), '');
});

test.run();
