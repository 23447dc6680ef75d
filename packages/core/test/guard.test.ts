import * as assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import type { AttachTarget, DataPlane, DataPlaneLoader, EndpointRequest } from '../src/driver.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import { GuardedPlane, checkDriver } from '../src/guard/index.ts';
import type { CheckedDriver } from '../src/guard/index.ts';
import type { Network } from '../src/model.ts';
import { raise } from './support/refusals.ts';

const test = suite('GuardedPlane');
const origin = { driver: 'lab', plugin: 'kleenet-driver-lab', version: '1.2.3' };
const target = Object.freeze({ endpoint: { id: 'e1' } }) as AttachTarget;
const claiming = { claim: () => Promise.resolve() };

function complete(plane: object): DataPlane {
  return {
    status: () => Promise.resolve({ state: 'ready', reasons: [] }),
    plan: () => [],
    attach: () => Promise.resolve(),
    detach: () => Promise.resolve(),
    observe: () => Promise.resolve([]),
    ...plane,
  };
}

function guarded(
  plane: object,
  options: { deadline?: number; signal?: AbortSignal } = {},
): GuardedPlane {
  return new GuardedPlane(origin, complete(plane), {
    signal: options.signal ?? new AbortController().signal,
    deadline: options.deadline ?? 1000,
  });
}

/** A typed error of another copy of core: the same shape, of another class. */
function foreignError(parts: object): Error {
  return Object.assign(new Error('full'), { name: 'KleenetError', code: 'DISK_FULL', ...parts });
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** Of a driver that obeys the signal. */
function untilAborted(_: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
}

const unreadable = {
  toString() {
    throw new Error('hostile');
  },
};

test('passes typed errors through, and turns others into DRIVER_FAILED with the name of the plugin', async () => {
  const typed = new KleenetError('DISK_FULL', 'full');
  await assert.rejects(
    guarded({ attach: () => Promise.reject(typed) }).attach(target, claiming),
    (error) => error === typed,
  );
  const thrown = [new Error('boom'), 'boom', undefined, null, 7, Symbol('boom'), unreadable];
  for (const value of thrown) {
    const throwing = [() => Promise.reject(value), () => raise(value)];
    for (const attach of throwing) {
      await assert.rejects(guarded({ attach }).attach(target, claiming), (error) => {
        assert.ok(hasCode(error, 'DRIVER_FAILED'));
        assert.match(error.message, /driver lab of plugin kleenet-driver-lab 1\.2\.3 .*attach: ./);
        return true;
      });
    }
  }
});

test('typed errors of another copy of core are rebuilt from what is sound in them', async () => {
  const attempt = async (error: Error): Promise<KleenetError> => {
    try {
      await guarded({ attach: () => Promise.reject(error) }).attach(target, claiming);
    } catch (caught) {
      assert.ok(caught instanceof KleenetError);
      return caught;
    }
    assert.fail('nothing was thrown');
  };
  const thrown = foreignError({
    kind: 'exhausted',
    hint: 'free some',
    details: { path: '/x', at: new Date(0) },
  });
  const sound = await attempt(thrown);
  assert.equal(sound.cause, thrown);
  assert.equal(
    [sound.code, sound.kind, sound.message, sound.hint].join('|'),
    'DISK_FULL|exhausted|full|free some',
  );
  assert.deepEqual(sound.details, { path: '/x', at: '1970-01-01T00:00:00.000Z' });
  const junk = await attempt(foreignError({ hint: 42, details: 'none', kind: 'made up' }));
  assert.equal([junk.code, junk.kind, junk.hint].join('|'), 'DISK_FULL|exhausted|');
  assert.deepEqual(junk.details, {});
  assert.deepEqual((await attempt(foreignError({ details: ['a'] }))).details, {});
  assert.equal((await attempt(foreignError({ message: 7 }))).code, 'DRIVER_FAILED');
  const bare = await attempt(foreignError({}));
  assert.equal(bare.code, 'DISK_FULL');
  assert.deepEqual(bare.details, {});
  assert.equal((await attempt(foreignError({ code: 'FROM_THE_FUTURE' }))).code, 'DRIVER_FAILED');
  assert.equal((await attempt(foreignError({ code: 'toString' }))).code, 'DRIVER_FAILED');
  assert.equal((await attempt(foreignError({ details: { big: 1n } }))).code, 'DRIVER_FAILED');
  const trap = Object.defineProperty(new Error('x'), 'name', { get: () => raise('hostile') });
  assert.equal((await attempt(trap)).code, 'DRIVER_FAILED');
});

test('a plan that throws is a typed error, too', () => {
  assert.throws(
    () => guarded({ plan: () => raise(new Error('boom')) }).plan(target),
    (error) => hasCode(error, 'DRIVER_FAILED'),
  );
});

test('a driver that obeys the signal ends at the deadline with DRIVER_TIMEOUT', async () => {
  const plane = guarded({ attach: untilAborted }, { deadline: 20 });
  await assert.rejects(plane.attach(target, claiming), (error) => hasCode(error, 'DRIVER_TIMEOUT'));
});

test('a driver that never answers is left behind, and so is one that throws too late', async () => {
  const never = guarded({ attach: () => new Promise(() => undefined) }, { deadline: 20 });
  await assert.rejects(never.attach(target, claiming), (error) => hasCode(error, 'DRIVER_TIMEOUT'));
});

test('what is claimed after the call was left behind is refused', async () => {
  let late: Promise<unknown> | undefined;
  const claimed: unknown[] = [];
  const plane = guarded(
    {
      attach: (_: unknown, host: { claim(resource: object): Promise<void> }) => {
        late = wait(2_200).then(() => host.claim({ kind: 'interface', name: 'late' }));
        late.catch(() => undefined);
        return host.claim({ kind: 'interface', name: 'early' }).then(() => late);
      },
    },
    { deadline: 20 },
  );
  const host = { claim: async (resource: object) => void claimed.push(resource) };
  await assert.rejects(plane.attach(target, host), (error) => hasCode(error, 'DRIVER_TIMEOUT'));
  await assert.rejects(
    Promise.resolve(late),
    (error) => hasCode(error, 'DRIVER_FAILED') && /after it has returned/.test(error.message),
  );
  assert.deepEqual(claimed, [{ kind: 'interface', name: 'early' }]);
});

test('an interrupt stops attach, but not detach', async () => {
  const interrupt = new AbortController();
  interrupt.abort(new KleenetError('INTERRUPTED', 'interrupted'));
  const plane = guarded({}, { signal: interrupt.signal });
  await assert.rejects(plane.attach(target, claiming), (error) => hasCode(error, 'INTERRUPTED'));
  await plane.detach(target, claiming);
});

test('an unavailable data plane is refused with its reasons', async () => {
  const plane = guarded({
    status: () => Promise.resolve({ state: 'unavailable', reasons: ['no epair'] }),
  });
  await assert.rejects(plane.requireReady(), (error) => {
    assert.ok(hasCode(error, 'DRIVER_UNAVAILABLE'));
    assert.match(error.message, /no epair/);
    assert.deepEqual(error.details, { driver: 'lab', reasons: ['no epair'] });
    return true;
  });
  await guarded({
    status: () => Promise.resolve({ state: 'degraded', reasons: ['slow'] }),
  }).requireReady();
});

const JUNK = [undefined, null, 0, 'text', [], {}, [[]], [null], [{}], new Map(), () => []];

test('no junk that is answered gets past', async () => {
  for (const junk of [
    ...JUNK,
    [{ kind: 'x' }],
    [{ kind: 'x', name: '' }],
    [{ kind: 'x', name: 'y', z: 1 }],
  ]) {
    if (Array.isArray(junk) && junk.length === 0) continue;
    assert.throws(
      () => guarded({ plan: () => junk }).plan(target),
      (error) => hasCode(error, 'DRIVER_FAILED') && /contract in plan/.test(error.message),
    );
  }
  for (const junk of [...JUNK, { state: 'fine', reasons: [] }, { state: 'ready', reasons: [1] }]) {
    await assert.rejects(guarded({ status: () => junk }).status(), (error) =>
      hasCode(error, 'DRIVER_FAILED'),
    );
  }
  const observations = [
    ...JUNK,
    [{ endpointId: 'e2', problems: [] }],
    [{ endpointId: 'e1', problems: 'none' }],
    [{ endpointId: 'e1', problems: [1] }],
    [{ endpointId: 'e1', problems: [], hostInterface: 1 }],
    [
      { endpointId: 'e1', problems: [] },
      { endpointId: 'e1', problems: [] },
    ],
  ];
  for (const junk of observations) {
    await assert.rejects(guarded({ observe: () => junk }).observe([target]), (error) =>
      hasCode(error, 'DRIVER_FAILED'),
    );
  }
});

test('an answer that is refused is told which part of it is wrong', async () => {
  const good = { endpointId: 'e1', problems: [] };
  for (const [method, answer, message] of [
    ['status', [], /the status is not an object/],
    ['status', { state: 'fine', reasons: [] }, /the state is not ready, degraded or unavailable/],
    ['status', { state: 'ready', reasons: 'none' }, /reasons is not an array/],
    ['status', { state: 'ready', reasons: [1] }, /reasons has something that is not a string/],
    ['status', { state: 'ready', reasons: ['a', 1] }, /reasons has something that is not a string/],
    ['observe', {}, /the answer is not an array/],
    ['observe', [], /there are 0 answers for 1 targets/],
    ['observe', [good, good], /there are 2 answers for 1 targets/],
    ['observe', [[]], /an observation is not an object/],
    ['observe', [{ ...good, endpointId: 'e2' }], /not of the endpoint that was asked for/],
    ['observe', [{ ...good, hostInterface: 1 }], /hostInterface of an observation is not a string/],
    ['observe', [{ ...good, problems: '' }], /problems is not an array/],
    ['observe', [{ ...good, problems: [1] }], /problems has something/],
    ['plan', {}, /the plan is not an array/],
    ['plan', [[]], /a resource is not an object/],
    ['plan', [{ name: 'a' }], /a resource has no kind or no name/],
    ['plan', [{ kind: '', name: 'a' }], /a resource has no kind or no name/],
    ['plan', [{ kind: 'a', name: 1 }], /a resource has no kind or no name/],
    ['plan', [{ kind: 'a', name: 'b', size: 1 }], /size of a resource is not a string/],
  ] as const) {
    const plane = guarded({ [method]: () => answer });
    const call = async (): Promise<unknown> =>
      method === 'observe' ? plane.observe([target]) : plane[method](target);
    await assert.rejects(call, (error) => {
      assert.ok(hasCode(error, 'DRIVER_FAILED'));
      assert.match(error.message, message);
      assert.ok(error.message.includes(`broke the contract in ${method}: `), error.message);
      return true;
    });
  }
});

test('resources are passed on with all that the driver says of them', () => {
  const planned = [{ kind: 'address', name: '10.1.0.2/32', interface: 'kln1' }];
  assert.deepEqual(guarded({ plan: () => planned }).plan(target), planned);
});

test('what was observed is passed on, in the order of the targets', async () => {
  const other = { endpoint: { id: 'e2' } } as AttachTarget;
  const found = [
    { endpointId: 'e2', problems: ['no link'], hostInterface: 'veth1' },
    { endpointId: 'e1', problems: [] },
  ];
  let asked: unknown;
  const plane = guarded({ observe: (targets: unknown) => ((asked = targets), found) });
  assert.deepEqual(await plane.observe([other, target]), found);
  assert.deepEqual(asked, [other, target]);
  assert.ok(Object.isFrozen(asked));
  await assert.rejects(plane.observe([target, other]), (error) => hasCode(error, 'DRIVER_FAILED'));
});

test('an error says whose driver it is, why it failed, and what to do', async () => {
  const cause = new Error('boom');
  const failing = guarded({ attach: () => raise(cause), status: () => undefined });
  const { driver, plugin, version } = origin;
  await assert.rejects(failing.attach(target, claiming), (error) => {
    assert.ok(error instanceof KleenetError);
    assert.deepEqual(error.details, { driver, plugin, version });
    assert.equal(error.cause, cause);
    assert.match(error.message, /failed in attach: boom/);
    assert.ok(error.hint?.includes(plugin));
    return true;
  });
  await assert.rejects(failing.status(), (error) => !('cause' in (error as Error)));
});

test('a call that is over leaves neither a timer nor a listener', async () => {
  const interrupt = new AbortController();
  let given: AbortSignal | undefined;
  const attach = (_: unknown, { signal }: { signal: AbortSignal }): void => {
    given = signal;
  };
  const plane = guarded({ attach }, { signal: interrupt.signal, deadline: 60_000 });
  const before = timers();
  await plane.attach(target, claiming);
  await GuardedPlane.load(origin, async () => complete({}), { signal: interrupt.signal });
  assert.equal(timers(), before);
  assert.ok(given !== undefined);
  assert.equal(getEventListeners(given, 'abort').length, 0);
});

test('nor does one that was aborted and then gave up by itself', async () => {
  const before = timers();
  const plane = guarded({ attach: untilAborted }, { deadline: 20 });
  await assert.rejects(plane.attach(target, claiming), (error) => hasCode(error, 'DRIVER_TIMEOUT'));
  assert.equal(timers(), before);
});

test('junk that is claimed is refused, and not recorded', async () => {
  const claimed: unknown[] = [];
  const host = { claim: async (resource: object) => void claimed.push(resource) };
  for (const junk of [...JUNK, { kind: 'interface' }, { kind: 'interface', name: 7 }]) {
    const attach = (_: unknown, given: { claim(resource: unknown): Promise<void> }) =>
      given.claim(junk);
    await assert.rejects(
      guarded({ attach }).attach(target, host),
      (error) => hasCode(error, 'DRIVER_FAILED') && /claim during attach/.test(error.message),
    );
  }
  assert.deepEqual(claimed, []);
});

test('answers are copies: a driver that changes them later changes nothing', async () => {
  const resource = { kind: 'interface', name: 'a' };
  const status = { state: 'ready', reasons: ['r'] };
  const plane = guarded({ plan: () => [resource], status: () => status });
  const [planned, told] = [plane.plan(target), await plane.status()];
  resource.name = 'b';
  status.reasons.push('s');
  assert.deepEqual(
    [planned, told],
    [[{ kind: 'interface', name: 'a' }], { state: 'ready', reasons: ['r'] }],
  );
  assert.ok(Object.isFrozen(planned) && Object.isFrozen(planned[0]));
});

test('a data plane must load in time, and have every method', async () => {
  const signal = new AbortController().signal;
  const load = (make: () => unknown): Promise<GuardedPlane> =>
    GuardedPlane.load(origin, make as () => Promise<DataPlane>, { signal, deadline: 20 });
  await (await load(() => complete({}))).requireReady();
  await assert.rejects(
    load(() => ({ ...complete({}), observe: undefined, detach: 1 })),
    (error) => hasCode(error, 'DRIVER_FAILED') && /it has no detach, observe/.test(error.message),
  );
  for (const make of [
    () => undefined,
    () => raise('boom'),
    () => Promise.reject(new Error('boom')),
  ])
    await assert.rejects(load(make), (error) => hasCode(error, 'DRIVER_FAILED'));
  for (const method of ['status', 'plan', 'attach', 'detach', 'observe'])
    await assert.rejects(
      load(() => ({ ...complete({}), [method]: undefined })),
      new RegExp(`broke the contract in loading its data plane: it has no ${method}$`),
    );
  await assert.rejects(
    load(() => new Promise(() => undefined)),
    (error) => hasCode(error, 'DRIVER_TIMEOUT') && /loading its data plane/.test(error.message),
  );
});

/** What a plugin registers, as JavaScript can write it. */
const REGISTERED = {
  capabilities: { stack: 'own', networkTypes: ['bridge'], families: ['ipv4'] },
  dataPlanes: {},
  options: {},
  validateEndpoint: (): unknown => [],
};
const check = (parts: object): CheckedDriver => checkDriver({ ...REGISTERED, ...parts }, origin);

test('what a driver says of a request is passed on as copies of texts', () => {
  const issue = { path: 'mac', message: 'taken', more: 1 };
  const driver = check({
    validateEndpoint: () => [issue],
    options: { colour: { description: 'of the light', check: (text: string) => `not ${text}` } },
  });
  const validate = (): unknown =>
    driver.validateEndpoint({} as Network, { options: {} } as EndpointRequest);
  const found = validate();
  issue.message = 'changed';
  assert.deepEqual(found, [{ path: 'mac', message: 'taken' }]);
  assert.equal(driver.options['colour']?.description, 'of the light');
  assert.equal(driver.options['colour']?.check('red'), 'not red');
});

test('a check of a request that fails is told with its name', () => {
  const ask = (validateEndpoint: () => unknown): void =>
    void check({ validateEndpoint }).validateEndpoint({} as Network, {} as EndpointRequest);
  assert.throws(() => ask(() => raise(new Error('boom'))), /failed in validateEndpoint: boom/);
  for (const [answer, message] of [
    [7, /broke the contract in validateEndpoint: the answer is not an array/],
    [[7], /an issue is not an object/],
    [[{ path: 'mac' }], /an issue has no path or no message/],
    [[{ message: 'taken' }], /an issue has no path or no message/],
  ] as const)
    assert.throws(() => ask(() => answer), message);
});

test('a check of a value that fails is told with the name of the option', () => {
  const asking = (ask: () => unknown) => (): void => {
    const { options } = check({ options: { colour: { description: '', check: ask } } });
    options['colour']?.check('red');
  };
  const where = /in the check of its option colour: /;
  assert.throws(
    asking(() => raise(new Error('boom'))),
    where,
  );
  assert.throws(
    asking(() => 7),
    /in the check of its option colour: the answer is neither a text nor undefined/,
  );
});

test('a check of a request is asked with the network and the request, which it cannot change', () => {
  let asked: readonly unknown[] = [];
  const network = { name: 'net', labels: {} } as unknown as Network;
  const request = { options: {} } as EndpointRequest;
  check({ validateEndpoint: (...given: unknown[]) => ((asked = given), []) }).validateEndpoint(
    network,
    request,
  );
  assert.deepEqual(asked, [network, request]);
  assert.ok(asked.every((one) => Object.isFrozen(one)));
});

test('data planes of every platform are known, and made of what the host gives them', () => {
  for (const platform of ['freebsd', 'linux', 'memory'] as const) {
    let given: unknown;
    const loads = { [platform]: (dependencies: unknown) => ((given = dependencies), complete({})) };
    const { dataPlanes, platformCapabilities } = check({
      dataPlanes: loads,
      platformCapabilities: { [platform]: { mac: true } },
    });
    const dependencies = {} as Parameters<DataPlaneLoader>[0];
    void dataPlanes[platform]?.(dependencies);
    assert.equal(given, dependencies);
    assert.deepEqual(Object.keys(dataPlanes), [platform]);
    assert.equal(platformCapabilities?.[platform]?.mac, true);
  }
});

test.run();
