/** The model of a FreeBSD host in one process: what tests do to it, and what goes wrong in it. */
import * as assert from 'node:assert/strict';
import type { CommandRunner } from '@kleenet/core';
import type { Fault } from '@kleenet/core/testing';
import { hasCode, isKleenetError } from '@kleenet/core/errors';
import { suite } from 'uvu';
import { createFreebsdHost, freebsdTestHost } from '../src/index.ts';
import type { FreebsdHost, FreebsdHostOptions } from '../src/index.ts';

const test = suite('FreeBSD host in one process');

function ok(host: FreebsdHost, line: string, input = ''): string {
  const { status, stdout, stderr } = host.run(line.split(' '), input);
  assert.equal(status, 0, `${line}: ${stderr}`);
  return stdout;
}

function refused(host: FreebsdHost, line: string, stderr: RegExp): void {
  const answer = host.run(line.split(' '));
  assert.notEqual(answer.status, 0, line);
  assert.match(answer.stderr, stderr);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (isKleenetError(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** A jail `v1` with one end of a pair in it that has both families, and a default route for each. */
function withVnetJail(options: FreebsdHostOptions = {}): FreebsdHost {
  const host = createFreebsdHost(options);
  for (const line of [
    'ifconfig bridge create name kbr0',
    'ifconfig kbr0 inet 10.4.6.1/24 alias up',
    'ifconfig kbr0 inet6 fd00:4::1/64 alias no_dad -ifdisabled',
    'ifconfig epair1000 create group klee description kleenet:endpoint:00aa11bb22cc',
    'jail -c name=v1 path=/jails/v1 vnet persist',
    'ifconfig epair1000b vnet v1',
    'ifconfig kbr0 addm epair1000a',
    'jexec v1 ifconfig epair1000b name eth0',
    'jexec v1 ifconfig eth0 inet 10.4.6.2/24 alias up',
    'jexec v1 ifconfig eth0 inet6 fd00:4::2/64 alias no_dad -ifdisabled',
    'jexec v1 route -n add default 10.4.6.1',
    'jexec v1 route -n add -inet6 default fd00:4::1',
  ])
    ok(host, line);
  return host;
}

test('a new host is like the simulated one', async () => {
  const { hostId, bootId, ...state } = await freebsdTestHost().inspect();
  assert.match(`${hostId} ${bootId}`, /^[-0-9a-f]{36} \d+\.\d+$/);
  assert.deepEqual(state, {
    interfaces: {
      '/lo0': {
        name: 'lo0',
        kind: 'loopback',
        sandbox: '',
        owner: '',
        bridge: '',
        mac: '',
        mtu: 16384,
        addresses: ['127.0.0.1/8', '::1/128'],
        details: { up: 'yes' },
      },
      '/ext0': {
        name: 'ext0',
        kind: 'uplink',
        sandbox: '',
        owner: '',
        bridge: '',
        mac: '02:00:5e:00:53:01',
        mtu: 1500,
        addresses: ['192.0.2.10/24'],
        details: { up: 'yes' },
      },
    },
    sandboxes: {},
    firewall: '',
    exitStatuses: {},
    storage: [],
    images: [],
  });
});

test('commands that change the host are steps, those that look are not', async () => {
  const process = createFreebsdHost().process();
  await process.commands.read(['ifconfig', '-l']);
  assert.equal(process.steps, 0);
  await process.commands.change(['ifconfig', 'lo', 'create']);
  await process.commands.change(['mkdir', '-p', '/x']);
  assert.equal(process.steps, 2);
});

test('what is not accepted is a failed command', async () => {
  const { commands } = createFreebsdHost();
  assert.equal(await codeOf(commands.read(['ifconfig', 'no0'])), 'PLATFORM_COMMAND_FAILED');
  const { status } = await commands.read(['ifconfig', 'no0'], { accept: 'any' });
  assert.equal(status, 1);
});

const CREATE = ['ifconfig', 'lo', 'create', 'name', 'klo0'] as const;

/** Runs a command in a process with a fault; answers the code of its failure, and whether it took effect. */
async function withFault(
  fault: Fault,
  act: (commands: CommandRunner) => Promise<unknown> = (commands) => commands.change(CREATE),
): Promise<readonly [string, boolean]> {
  const host = createFreebsdHost();
  const code = await codeOf(act(host.process([fault]).commands));
  return [code, ok(host, 'ifconfig -l').includes('klo0')];
}

test('a step fails before or after it took effect', async () => {
  const at = (when: Fault['when']): Fault => ({ step: 1, when, kind: 'fail' });
  assert.deepEqual(await withFault(at('before')), ['PLATFORM_COMMAND_FAILED', false]);
  assert.deepEqual(await withFault(at('after')), ['PLATFORM_COMMAND_FAILED', true]);
  assert.deepEqual(await withFault({ ...at('before'), step: 2 }), ['none', true]);
});

test('a step hangs until it is interrupted, or its time is over', async () => {
  const fault = { step: 1, when: 'before', kind: 'hang' } as const;
  const controller = new AbortController();
  const interrupted = withFault(fault, (commands) => {
    const work = commands.change(CREATE, { signal: controller.signal });
    controller.abort();
    return work;
  });
  assert.deepEqual(await interrupted, ['INTERRUPTED', false]);
  const late = withFault(fault, (commands) => commands.change(CREATE, { timeout: 1 }));
  assert.deepEqual(await late, ['PLATFORM_COMMAND_TIMEOUT', false]);
  assert.equal(
    await codeOf(
      createFreebsdHost().commands.read(['jls'], { signal: AbortSignal.abort(new Error('late')) }),
    ),
    'INTERRUPTED',
  );
});

test('a process dies at a step', async () => {
  const host = createFreebsdHost();
  const onDeath = (): never => {
    throw new Error('dead');
  };
  const { commands } = host.process([{ step: 1, when: 'after', kind: 'die', onDeath }]);
  await assert.rejects(commands.change(CREATE), /^Error: dead$/);
  assert.match(ok(host, 'ifconfig -l'), /klo0/);
});

test('a program that the host lacks is a missing tool', async () => {
  const { commands } = createFreebsdHost({ missing: ['kenv'] });
  assert.equal(await codeOf(commands.read(['kenv', '-q', 'x'])), 'TOOL_MISSING');
});

test('a jail without programs is configured from outside only where the release can', () => {
  for (const release of ['13.2-RELEASE', '13.3-RELEASE', '14.0-RELEASE']) {
    const host = createFreebsdHost({ release, bareRoots: ['/jails/bare'] });
    ok(host, 'jail -c name=bare path=/jails/bare vnet persist');
    refused(host, 'jexec bare ifconfig lo0 up', /jexec: execvp: ifconfig: No such file/);
    if (release === '13.2-RELEASE') {
      refused(host, 'ifconfig -j bare lo0 up', /illegal option -- j/);
      refused(host, 'route -j bare -n add default 127.0.0.1', /illegal option -- j/);
      continue;
    }
    ok(host, 'ifconfig -j bare lo0 inet 127.0.0.1/8 up');
    assert.match(ok(host, 'ifconfig -j bare lo0'), /inet 127\.0\.0\.1 netmask 0xff000000/);
    ok(host, 'route -j bare -n add 10.9.9.9 127.0.0.2');
    refused(host, 'ifconfig -j none lo0 up', /[Jj]ail not found/);
  }
});

test('a host is like the recorded one of its release', () => {
  for (const [release, member, flushed] of [
    ['13.2-RELEASE', '1', 0],
    ['15.1-RELEASE', '0', 1],
  ] as const) {
    const host = createFreebsdHost({ release });
    assert.equal(ok(host, 'sysctl -n net.link.bridge.pfil_member'), `${member}\n`);
    ok(host, 'pfctl -a klee/x -f -', 'pass label "x"\n');
    const flush = host.run(['pfctl', '-a', 'klee/x', '-F', 'all']);
    assert.equal(flush.status, flushed, flush.stderr);
    assert.equal(ok(host, 'pfctl -a klee -s Anchors'), '');
    assert.equal(host.run(['kenv', '-q', 'x']).status, 255);
    ok(host, 'jail -c name=j path=/jails/base ip4.addr=10.0.0.1 ip4.addr=10.0.0.2 persist');
    assert.equal(ok(host, 'jls -j j ip4.addr'), '10.0.0.1,10.0.0.2\n');
  }
  const bare = createFreebsdHost({ modules: ['pf'], missing: ['nullfs.ko'] });
  refused(bare, 'sysctl net.link.bridge.pfil_member', /unknown oid/);
  refused(bare, 'mount -t nullfs /bin /mnt', /Invalid fstype/);
});

test('an anchor that has had tables keeps its name', () => {
  const host = createFreebsdHost();
  ok(host, 'pfctl -a klee/x -t t -T add 10.0.0.1');
  ok(host, 'pfctl -a klee/x -F all');
  ok(host, 'pfctl -a klee/x -f -', 'pass\n');
  ok(host, 'pfctl -a klee/x -F all');
  assert.equal(ok(host, 'pfctl -a klee -s Anchors'), '  klee/x\n');
  host.reboot();
  assert.equal(ok(host, 'pfctl -a klee -s Anchors'), '');
});

test('pf is as ready as it is asked to be', () => {
  const ready = createFreebsdHost();
  assert.match(ok(ready, 'pfctl -s info'), /^Status: Enabled/);
  assert.equal(ok(ready, 'pfctl -s rules'), 'scrub all fragment reassemble\nanchor "klee/*" all\n');
  assert.equal(ok(ready, 'pfctl -nvf /etc/pf.conf').split('\n').length, 5);
  const without = createFreebsdHost({ pf: 'no-anchors' });
  assert.match(ok(without, 'pfctl -s info'), /^Status: Enabled/);
  assert.equal(ok(without, 'pfctl -s nat') + ok(without, 'pfctl -s rules'), '');
  assert.match(ok(createFreebsdHost({ pf: 'disabled' }), 'pfctl -s info'), /^Status: Disabled/);
  const missing = createFreebsdHost({ pf: 'missing' });
  refused(missing, 'pfctl -s info', /^pfctl: \/dev\/pf: No such file or directory\n$/);
  ok(missing, 'kldload -n pf');
  assert.match(ok(missing, 'pfctl -s info'), /^Status: Disabled/);
});

test('a removed jail stays dying with its interface, which comes back without its group', async () => {
  const host = withVnetJail({ dyingTime: 60_000 });
  ok(host, 'jail -R v1');
  assert.equal(ok(host, 'jls -d name dying'), 'v1 true\n');
  refused(host, 'jexec v1 true', /jexec: jail "v1" is dying/);
  assert.equal(ok(host, 'ifconfig -l'), 'lo0 ext0 kbr0 epair1000a\n');
  await host.clock.sleep(61_000);
  assert.equal(ok(host, 'jls -d name'), '');
  assert.equal(ok(host, 'ifconfig -l'), 'lo0 ext0 kbr0 epair1000a eth0\n');
  assert.equal(ok(host, 'ifconfig -g epair'), 'epair1000a\n');
});

test('the host end of a pair takes the other one out of a dying jail', () => {
  const host = withVnetJail();
  host.linger('v1');
  ok(host, 'jail -R v1');
  ok(host, 'ifconfig epair1000a destroy');
  assert.equal(ok(host, 'ifconfig -l'), 'lo0 ext0 kbr0\n');
  assert.equal(ok(host, 'jls -d name'), 'v1\n');
});

test('somebody else takes what a command is about to take', async () => {
  const host: FreebsdHost = createFreebsdHost({
    beforeChange: ([program, name]) => {
      if (program === 'ifconfig' && name === 'epair1000') ok(host, 'ifconfig epair1000 create');
    },
  });
  const answer = await host.commands.change(['ifconfig', 'epair1000', 'create'], { accept: 'any' });
  assert.equal(answer.stderr, 'ifconfig: interface epair1000 already exists\n');
});

test('setting the clock moves the time of the boot, but not what the kernel keeps', () => {
  const host = createFreebsdHost();
  const before = ok(host, 'sysctl -n kern.boottime');
  ok(host, 'kenv kleenet.boot=1.2');
  host.setClock(-3_600_000);
  assert.notEqual(ok(host, 'sysctl -n kern.boottime'), before);
  assert.equal(ok(host, 'kenv -q kleenet.boot'), '1.2\n');
});

test('a reboot leaves files, and nothing of the kernel but what is configured', () => {
  const host = withVnetJail();
  host.state.files['/var/db/kleenet/x'] = 'kept';
  ok(host, 'pfctl -a klee/x -f -', 'pass\n');
  ok(host, 'kenv kleenet.boot=1.2');
  host.reboot();
  refused(host, 'kenv kleenet.boot', /unable to get/);
  assert.equal(ok(host, 'ifconfig -l'), 'lo0 ext0\n');
  assert.match(ok(host, 'ifconfig ext0'), /inet 192\.0\.2\.10 /);
  assert.equal(ok(host, 'jls -d name'), '');
  assert.equal(ok(host, 'pfctl -s Anchors -v'), '  klee\n');
  assert.equal(host.state.files['/var/db/kleenet/x'], 'kept');
});

test('a new IPv6 address of a network card is tentative for a while', async () => {
  const host = createFreebsdHost();
  ok(host, 'ifconfig ext0 inet6 2001:db8::7/128 alias');
  assert.match(ok(host, 'ifconfig ext0'), /inet6 2001:db8::7 prefixlen 128 tentative\n/);
  await host.clock.sleep(2000);
  assert.match(ok(host, 'ifconfig ext0'), /inet6 2001:db8::7 prefixlen 128\n/);
});

test('a mount is busy below another one, and below the root of a jail unless it is forced', () => {
  const host = createFreebsdHost();
  ok(host, 'mount -t tmpfs tmpfs /jails');
  ok(host, 'mount -t devfs -o ruleset=4 devfs /jails/x/dev');
  refused(host, 'umount /jails', /^umount: unmount of \/jails failed: Device busy\n$/);
  ok(host, 'umount /jails/x/dev');
  ok(host, 'jail -c name=x path=/jails/x persist');
  refused(host, 'umount /jails', /Device busy/);
  ok(host, 'umount -f /jails');
  refused(host, 'umount /jails', /not a file system root directory/);
});

test('a host shows jails as sandboxes, with both families', async () => {
  const testHost = freebsdTestHost();
  const { host } = testHost;
  ok(host, 'jail -c name=i1 path=/jails/i1 persist');
  ok(host, 'jail -m name=i1 ip4.addr=10.2.3.1,10.2.3.2 ip6.addr=fd00:2::1');
  ok(host, 'jexec i1 daemon sleep 600');
  const { sandboxes } = await testHost.inspect();
  assert.deepEqual(sandboxes['i1'], {
    runId: '',
    stack: 'restricted',
    state: 'running',
    addresses: ['10.2.3.1', '10.2.3.2', 'fd00:2::1'],
    defaultRoutes: {},
  });
});

/** Changes a host with a vnet jail behind klee's back; answers what it shows afterwards. */
async function tampered(
  change: Parameters<ReturnType<typeof freebsdTestHost>['tamper']>[0],
): Promise<FreebsdHost> {
  const testHost = freebsdTestHost();
  Object.assign(testHost.host.state, withVnetJail().state);
  await testHost.tamper(change);
  const wanted = await testHost.inspect();
  const again = structuredClone(wanted);
  change(again);
  assert.deepEqual(again, wanted, 'the change did not arrive');
  return testHost.host;
}

test('what is changed in the projection is changed on the host', async () => {
  const pair = await freebsdTestHost().inspect();
  assert.equal(pair.interfaces['/epair1000a'], undefined);
  const without = await tampered((state) => {
    delete state.interfaces['/epair1000a'];
    delete state.interfaces['v1/eth0'];
    if (state.sandboxes['v1'] !== undefined) state.sandboxes['v1'].defaultRoutes = {};
  });
  assert.equal(ok(without, 'jexec v1 ifconfig -l'), 'lo0\n');
  const routeless = await tampered((state) => {
    delete state.sandboxes['v1']?.defaultRoutes.ipv6;
  });
  assert.match(ok(routeless, 'jexec v1 netstat -rn'), /^default +10\.4\.6\.1/m);
  assert.doesNotMatch(ok(routeless, 'jexec v1 netstat -rn'), /^default +fd00/m);
  const renumbered = await tampered((state) => {
    for (const one of Object.values(state.interfaces)) {
      if (one.name === 'eth0') one.addresses = ['10.4.6.9/24', 'fd00:4::9/64'];
      if (one.name === 'epair1000a') one.bridge = '';
    }
  });
  assert.match(ok(renumbered, 'jexec v1 ifconfig eth0 inet'), /inet 10\.4\.6\.9 /);
  assert.match(ok(renumbered, 'jexec v1 ifconfig eth0 inet6'), /inet6 fd00:4::9 /);
  assert.doesNotMatch(ok(renumbered, 'ifconfig kbr0'), /member/);
  const quiet = await tampered((state) => {
    for (const one of Object.values(state.interfaces)) if (one.name !== 'lo0') one.details = {};
  });
  assert.doesNotMatch(ok(quiet, 'ifconfig epair1000a'), /<UP/);
  assert.doesNotMatch(ok(quiet, 'jexec v1 ifconfig eth0'), /<UP/);
});

test('rules that are taken out of a projection are gone, and the others stay', async () => {
  const testHost = freebsdTestHost();
  const { pf } = testHost.host.state;
  const table = { persist: true, addresses: ['10.4.6.2'] };
  const rules = ['pass in on kbr0', 'block drop in all'];
  pf.anchors['klee/one'] = { nat: [], rules: [...rules], tables: { known: table } };
  pf.anchors['klee/two'] = { nat: [], rules: [...rules], tables: {} };
  const without = (...gone: readonly string[]): Promise<void> =>
    testHost.tamper((state) => {
      const lines = state.firewall.split('\n');
      state.firewall = lines.filter((line) => !gone.includes(line.trim())).join('\n');
    });
  await without('block drop in all', 'table <known> { 10.4.6.2 }');
  assert.deepEqual(pf.anchors['klee/one'], { nat: [], rules: rules.slice(0, 1), tables: {} });
  await testHost.tamper((state) => {
    state.firewall = state.firewall.replace(/anchor "klee.two"\n.*/, '');
  });
  assert.deepEqual(Object.keys(pf.anchors), ['klee/one']);
});

test('what a projection tells of a pair: its owner, its bridge and its other end', async () => {
  const testHost = freebsdTestHost();
  Object.assign(testHost.host.state, withVnetJail().state);
  const { interfaces, sandboxes } = await testHost.inspect();
  const { mac, ...inside } = interfaces['v1/eth0'] ?? { mac: '' };
  assert.match(mac, /^02:.*:0b$/);
  assert.deepEqual(inside, {
    name: 'eth0',
    kind: 'pair',
    sandbox: 'v1',
    owner: '00aa11bb22cc',
    peer: '/epair1000a',
    bridge: '',
    mtu: 1500,
    addresses: ['10.4.6.2/24', 'fd00:4::2/64'],
    details: { up: 'yes' },
  });
  assert.equal(interfaces['/epair1000a']?.bridge, 'kbr0');
  assert.equal(interfaces['/epair1000a']?.peer, 'v1/eth0');
  assert.deepEqual(sandboxes['v1']?.defaultRoutes, { ipv4: 'eth0', ipv6: 'eth0' });
});

test('a jail cannot be made by tampering', async () => {
  const testHost = freebsdTestHost();
  await assert.rejects(
    testHost.tamper((state) => {
      state.sandboxes['x'] = {
        runId: '',
        stack: 'own',
        state: 'created',
        addresses: [],
        defaultRoutes: {},
      };
    }),
    /a jail cannot be made by tampering: x/,
  );
});

test('a program that a host does not have is missing, and not a success', async () => {
  const { commands } = createFreebsdHost();
  for (const argv of [
    ['rotue', '-n', 'add', 'default', '192.0.2.1'],
    ['env', 'A=1', 'rotue'],
  ] as const)
    await assert.rejects(
      () => commands.change(argv),
      (error) => hasCode(error, 'TOOL_MISSING') && error.details['program'] === 'rotue',
    );
  assert.equal((await commands.read(['true'])).status, 0);
});

test('a route is changed in its place, or refused and left', () => {
  const host = createFreebsdHost();
  refused(host, 'route -n change default 192.0.2.1', /route has not been found/);
  ok(host, 'route -n add default 192.0.2.1');
  assert.match(ok(host, 'route -n change default 192.0.2.2'), /^change net default: gateway/);
  assert.match(ok(host, 'netstat -rn'), /^default +192\.0\.2\.2/m);
  refused(host, 'route -n change default 203.0.113.1', /Network is unreachable/);
  assert.match(ok(host, 'netstat -rn'), /^default +192\.0\.2\.2/m);
});

test.run();
