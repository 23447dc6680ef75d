/** When rules are loaded, what is asked of the firewall for that, and what follows from rules that were gone. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { IpAddress } from '../src/address/types.ts';
import {
  assureFirewall,
  openPorts,
  requireFirewall,
  syncFirewall,
  withdrawRules,
} from '../src/engine/host/firewall.ts';
import * as core from '../src/engine/index.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import { createRecordingLogger } from '../src/testing/loggers.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('loading of rules');

const NET = { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' } as const;
const WEB = { name: 'web', image: 'host', networks: [{ network: 'net' }] } as const;
const REASONS = ['pf is not enabled'];

/** A host with a network, and what is asked of its firewall from now on. */
async function watched(): Promise<Process & { readonly asked: readonly string[] }> {
  const process = newProcess(newWorld());
  await core.createNetwork(process.engine, NET);
  const asked: string[] = [];
  const { firewall } = process.platform;
  for (const name of ['apply', 'clear', 'isLoaded', 'endFlows'] as const) {
    const working = firewall[name].bind(firewall) as (...given: unknown[]) => Promise<never>;
    firewall[name] = (...given: unknown[]) => {
      asked.push(name);
      return working(...given);
    };
  }
  return { ...process, asked };
}

async function forgetRules({ platform }: Process): Promise<void> {
  await platform.tamper((state) => {
    state.firewall = '';
  });
}

test('a firewall that does not work is asked for nothing but its rules', async () => {
  const process = await watched();
  const { engine, platform, asked } = process;
  await forgetRules(process);
  platform.firewall.status = () => Promise.resolve({ state: 'unavailable', reasons: REASONS });
  await assureFirewall(engine);
  await syncFirewall(engine);
  await withdrawRules(engine);
  assert.deepEqual(asked, ['isLoaded']);
});

test('rules that are there are neither loaded nor waited for', async () => {
  const { engine, asked } = await watched();
  const lock = { key: 'firewall', mode: 'exclusive', purpose: 'another klee' } as const;
  const held = await engine.locks.acquire({ ...lock, patience: 0 });
  await assureFirewall({ ...engine, patience: 0 });
  held.release();
  assert.deepEqual(asked, ['isLoaded']);
});

test('rules that are out of date are loaded with the lock held, which is said', async () => {
  const process = await watched();
  const logger = createRecordingLogger();
  await forgetRules(process);
  await assureFirewall({ ...process.engine, logger });
  assert.deepEqual(process.asked, ['isLoaded', 'isLoaded', 'apply']);
  assert.equal(logger.debugged.length, 1);
  assert.match(logger.debugged[0] ?? '', /firewall rules are out of date/);
});

test('a removal passes over the firewall of another state directory, which is said, and over nothing else', async () => {
  const { engine, platform } = await watched();
  const logger = createRecordingLogger();
  const foreign = new KleenetError('STATE_FOREIGN', 'the firewall belongs to another directory');
  platform.firewall.apply = () => Promise.reject(foreign);
  await withdrawRules({ ...engine, logger });
  assert.deepEqual(logger.debugged, [foreign.message]);
  const failure = new KleenetError('PLATFORM_COMMAND_FAILED', 'no netlink');
  platform.firewall.apply = () => Promise.reject(failure);
  await assert.rejects(withdrawRules(engine), failure);
});

test('a refusal says what the firewall lacks', async () => {
  const { engine, platform } = await watched();
  platform.firewall.status = () => Promise.resolve({ state: 'unavailable', reasons: REASONS });
  const wanting = requireFirewall(engine, 'a port');
  assert.deepEqual((await refused(wanting, 'FIREWALL_UNAVAILABLE')).details, { reasons: REASONS });
  platform.firewall.hasLoaded = () => Promise.resolve(true);
  const failing = syncFirewall(engine);
  assert.deepEqual((await refused(failing, 'FIREWALL_UNAVAILABLE')).details, { reasons: REASONS });
  platform.firewall.hasLoaded = () => Promise.resolve(false);
  await syncFirewall(engine);
  // Where loading tells, it is asked only after a failure.
  platform.firewall.hasLoaded = () => Promise.resolve(true);
  const telling = {
    ...engine,
    platform: { ...platform, firewall: { ...platform.firewall, loadingTells: true } },
  };
  await syncFirewall(telling);
  telling.platform.firewall.apply = () => Promise.reject(new Error('refused'));
  const later = syncFirewall(telling);
  assert.deepEqual((await refused(later, 'FIREWALL_UNAVAILABLE')).details, { reasons: REASONS });
});

test('a network without icc is not attached to without a firewall', async () => {
  const { engine, platform } = await watched();
  await core.createNetwork(engine, { name: 'apart', subnet: '10.2.0.0/24', icc: false });
  platform.firewall.status = () => Promise.resolve({ state: 'unavailable', reasons: REASONS });
  const networks = [{ network: 'net' }, { network: 'apart' }];
  const running = core.runContainer(engine, { ...WEB, networks }, 'detached');
  await refused(running, 'FIREWALL_UNAVAILABLE', /^network 'apart' has no icc and/);
});

/** Containers of all sorts, of which `web` alone is attached; with their ids by name. */
async function settled({ engine, platform }: Process): Promise<ReadonlyMap<string, string>> {
  await core.runContainer(engine, { ...WEB, publish: ['8080:80'] }, 'detached');
  await core.runContainer(engine, { name: 'alone', image: 'host', driver: 'ipnet' }, 'detached');
  await core.createContainer(engine, { ...WEB, name: 'idle' });
  const [ended, earlier] = ['ended', 'earlier'];
  for (const name of [ended, earlier])
    await core.runContainer(engine, { ...WEB, name, driver: 'ipnet' }, 'detached');
  const containers = await engine.store.read((snapshot) => snapshot.containers.list());
  const ids = new Map(containers.map(({ name, id }) => [name, id]));
  await engine.store.write((tx) => {
    for (const [name, change] of [
      [ended, { state: 'ended' }],
      [earlier, { bootId: 'another' }],
    ] as const) {
      const run = tx.runs.byContainer(ids.get(name) ?? '');
      assert.ok(run !== undefined);
      tx.runs.put({ ...run, ...change });
    }
  });
  assert.notEqual((await platform.inspect()).firewall, '');
  return ids;
}

test('rules that were gone cut off the containers that are attached, and no others', async () => {
  const process = await watched();
  const { engine } = process;
  const ids = await settled(process);
  await syncFirewall(engine);
  assert.deepEqual([...engine.cutOff], []);
  await forgetRules(process);
  await syncFirewall(engine);
  assert.deepEqual([...engine.cutOff], [ids.get('web')]);
});

test('while rules are gone the host itself takes what comes to published ports, which ends', async () => {
  const process = await watched();
  const { engine, platform } = process;
  await settled(process);
  const [from, to] = ['198.51.100.7', '192.0.2.10'] as IpAddress[] as [IpAddress, IpAddress];
  const flows = [8080, 8081].map((port) => ({ from, to, port }));
  await platform.tamper((state) => {
    state.flows = flows;
  });
  await syncFirewall(engine);
  assert.deepEqual((await platform.inspect()).flows, flows);
  await forgetRules(process);
  await syncFirewall(engine);
  assert.deepEqual((await platform.inspect()).flows, flows.slice(1));
});

test('a port that opens ends what the host took there, and nothing at the ports of others', async () => {
  const { engine, platform } = await watched();
  const [first, second] = [8080, 8081];
  for (const port of [first, second])
    await core.runContainer(
      engine,
      { ...WEB, name: `web${port}`, publish: [`${port}:80`] },
      'detached',
    );
  const flows = [first, second].map((port) => ({
    from: '198.51.100.7' as IpAddress,
    to: '192.0.2.10' as IpAddress,
    port,
  }));
  await platform.tamper((state) => {
    state.flows = flows;
  });
  const opening = await engine.store.read(({ containers }) => containers.byName(`web${second}`));
  assert.ok(opening !== undefined);
  await openPorts(engine, opening);
  assert.deepEqual((await platform.inspect()).flows, [flows[0]]);
});

test('the rules of a network are withdrawn before it is deleted', async () => {
  const { engine, platform } = await watched();
  const failure = new KleenetError('PLATFORM_COMMAND_FAILED', 'no netlink');
  const loaded: string[] = [];
  const working = platform.firewall.apply.bind(platform.firewall);
  platform.firewall.apply = (rules, operation) => {
    loaded.push(rules);
    return working(rules, operation);
  };
  const ending = platform.firewall.endFlows.bind(platform.firewall);
  let left = '';
  platform.firewall.endFlows = async (flows, operation) => {
    if (loaded.length === 1) throw failure;
    left = (await platform.inspect()).firewall;
    await ending(flows, operation);
  };
  const making = core.createNetwork(engine, { name: 'next', subnet: '10.2.0.0/24' });
  await assert.rejects(making, (error) => hasCode(error, 'PLATFORM_COMMAND_FAILED'));
  assert.match(loaded[0] ?? '', /10\.2\.0\.0/);
  assert.match(left, /10\.1\.0\.0/);
  assert.doesNotMatch(left, /10\.2\.0\.0/);
});

test.run();
