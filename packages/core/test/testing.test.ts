import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { CommandRunner } from '../src/command.ts';
import { hasCode } from '../src/errors.ts';
import {
  FaultySteps,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  createFakeClock,
  createRecordingRunner,
  createReplayRunner,
  simulatedTestHost,
} from '../src/testing.ts';
import type { Fault, RecordedCommand, SimulatedInterface, TestProcess } from '../src/testing.ts';

const test = suite('testing');

test('builders give the same frozen object for the same input', () => {
  const network = buildNetwork({ subnet6: 'fd00::/64', subnet: '10.1.0.0/24' });
  const container = buildContainer({ stack: 'own' });
  const endpoint = buildEndpoint({ network, container, index: 1 });
  assert.deepEqual(buildEndpoint({ network, container, index: 1 }), endpoint);
  assert.deepEqual(endpoint.addresses, { ipv4: '10.1.0.10', ipv6: 'fd00::a' });
  assert.equal(endpoint.interface, 'eth1');
  assert.match(network.id, /^[0-9a-f]{12}$/);
  for (const value of [network, network.pools.ipv4, container, endpoint, endpoint.addresses]) {
    assert.ok(Object.isFrozen(value));
  }
  assert.throws(
    () => buildNetwork({ subnet: '10.1.0.1/24' }),
    (error) => hasCode(error, 'SUBNET_INVALID'),
  );
});

test('a fake clock wakes who has slept long enough', async () => {
  const clock = createFakeClock();
  const woken: string[] = [];
  const interrupt = new AbortController();
  void clock.sleep(200).then(() => woken.push('late'));
  void clock.sleep(100).then(() => woken.push('early'));
  const interrupted = assert.rejects(clock.sleep(50, interrupt.signal), /interrupted/);
  interrupt.abort(new Error('interrupted'));
  await interrupted;
  clock.advance(99);
  await Promise.resolve();
  assert.deepEqual(woken, []);
  clock.advance(101);
  await Promise.resolve();
  assert.deepEqual(woken, ['early', 'late']);
  assert.equal(clock.now().toISOString(), '2026-01-01T00:00:00.200Z');
});

const SCRIPT: readonly RecordedCommand[] = [
  { method: 'read', argv: ['ip', 'link'], status: 0, stdout: 'lo', stderr: '' },
  {
    method: 'change',
    argv: ['ip', '-batch', '-'],
    input: 'link add',
    status: 1,
    stdout: '',
    stderr: 'no',
  },
];

async function use(commands: CommandRunner): Promise<string> {
  const { stdout } = await commands.read(['ip', 'link']);
  const call = commands.change(['ip', '-batch', '-'], { input: 'link add' });
  await assert.rejects(call, (error) => hasCode(error, 'PLATFORM_COMMAND_FAILED'));
  return stdout;
}

test('what is recorded can be replayed', async () => {
  const recording = createRecordingRunner(createReplayRunner(SCRIPT));
  assert.equal(await use(recording), 'lo');
  assert.deepEqual(recording.recorded, SCRIPT);
  const replay = createReplayRunner(recording.recorded);
  assert.throws(() => replay.assertDone(), /2 commands were not run/);
  assert.equal(await use(replay), 'lo');
  replay.assertDone();
});

test('a replay fails at the first command that is not in the script', async () => {
  await assert.rejects(createReplayRunner(SCRIPT).read(['ip', 'route']), /command 1/);
  await assert.rejects(createReplayRunner([]).read(['ip', 'link']), /the script is exhausted/);
});

const STEP = {
  description: 'ip link add',
  argv: ['ip', 'link', 'add'],
  hang: () => Promise.reject(new Error('hung')),
};

/** What a step came to, and whether it took effect. */
async function outcome(fault: Fault): Promise<readonly [unknown, boolean]> {
  const steps = new FaultySteps([fault]);
  let changed = false;
  const told = await steps
    .take(STEP, () => {
      changed = true;
      return 'done';
    })
    .catch((error: unknown) => (error as Error).message);
  assert.equal(steps.begun, 1);
  return [told, changed];
}

test('a step goes wrong as planned, before or after it takes effect', async () => {
  const onDeath = (): never => {
    throw new Error('dead');
  };
  assert.deepEqual(await outcome({ step: 2, when: 'before', kind: 'fail' }), ['done', true]);
  for (const [when, changed] of [
    ['before', false],
    ['after', true],
  ] as const) {
    const place = { step: 1, when };
    assert.deepEqual(await outcome({ ...place, kind: 'fail' }), [
      'simulated failure: ip link add',
      changed,
    ]);
    assert.deepEqual(await outcome({ ...place, kind: 'hang' }), ['hung', changed]);
    assert.deepEqual(await outcome({ ...place, kind: 'die', onDeath }), ['dead', changed]);
  }
});

test('processes of a simulated test host share it, and each counts and fails for itself', async () => {
  const host = simulatedTestHost();
  const [first, second] = [
    host.process(),
    host.process([{ step: 1, when: 'after', kind: 'fail' }]),
  ];
  const call = { signal: new AbortController().signal, claim: () => Promise.resolve() };
  const up = (process: TestProcess, name: string): Promise<void> =>
    process.platform.networks.up(buildNetwork({ name, type: 'custom', interface: name }), call);
  const network = buildNetwork({ type: 'loopback', subnet: '10.1.0.0/24' });
  await assert.rejects(second.platform.networks.up(network, call), /simulated failure/);
  await first.platform.networks.up(network, call);
  assert.ok((await host.inspect()).interfaces[`/${network.interface}`] !== undefined);
  assert.deepEqual([first.steps, second.steps], [1, 1]);
  await assert.rejects(up(first, 'ext1'), (error) => hasCode(error, 'INTERFACE_NOT_FOUND'));
  await host.tamper((state) => {
    state.interfaces['/ext1'] = {
      ...state.interfaces['/ext0'],
      name: 'ext1',
    } as SimulatedInterface;
  });
  await up(first, 'ext1');
  const asleep = first.clock.now().getTime();
  await first.clock.sleep(60_000);
  assert.equal(second.clock.now().getTime() - asleep, 60_000);
});

test.run();
