import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import { hasCode } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import type { FirewallIntents } from '../src/firewall/intents.ts';
import { intentsOf, newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';
import { mortal } from './support/mortal.ts';

const test = suite('published ports');

const PUBLISH = ['8080:80'];

async function networks({ engine }: Process): Promise<void> {
  await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  await core.createNetwork(engine, { name: 'other', subnet: '10.2.0.0/24' });
}

/** The lines of the loaded rules that publish something; the host must have the rules of the recorded state. */
async function published({ engine, platform }: Process): Promise<readonly string[]> {
  assert.deepEqual(await core.checkSystem(engine), []);
  const { firewall } = await platform.inspect();
  return firewall.split('\n').filter((line) => line.startsWith('publish'));
}

test('are open while their container runs, and only then', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await networks(process);
  await core.createContainer(engine, {
    name: 'a',
    image: 'host',
    networks: [{ network: 'net' }],
    publish: PUBLISH,
  });
  assert.deepEqual(await published(process), []);
  await core.startContainer(engine, 'a', 'detached');
  assert.deepEqual(await published(process), ['publish * 8080-8080/tcp to 10.1.0.1 port 80']);
  await core.stopContainer(engine, 'a', 0);
  assert.deepEqual(await published(process), []);
  await core.startContainer(engine, 'a', 'detached');
  await core.removeContainer(engine, 'a', { force: true });
  assert.deepEqual(await published(process), []);
});

test('are closed after a boot, until their container is started again', async () => {
  const world = newWorld();
  const process = newProcess(world);
  const { engine, platform } = process;
  await networks(process);
  const request = { image: 'host', networks: [{ network: 'net' }] };
  await core.runContainer(engine, { ...request, name: 'a', publish: PUBLISH }, 'detached');
  await platform.reboot();
  const later = newProcess(world);
  assert.deepEqual(await core.systemUp(later.engine), []);
  assert.deepEqual(await published(later), []);
  await core.runContainer(
    later.engine,
    { ...request, name: 'b', publish: ['8081:80'] },
    'detached',
  );
  assert.deepEqual(await published(later), ['publish * 8081-8081/tcp to 10.1.0.2 port 80']);
  await core.startContainer(later.engine, 'a', 'detached');
  assert.equal((await published(later)).length, 2);
});

test('follow the first endpoint of a running container', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await networks(process);
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', driver: 'ipnet', publish: PUBLISH },
    'detached',
  );
  assert.deepEqual(await published(process), []);
  await core.connect(engine, { network: 'net', container: 'a' });
  await core.connect(engine, { network: 'other', container: 'a' });
  assert.deepEqual(await published(process), ['publish * 8080-8080/tcp to 10.1.0.1 port 80']);
  await core.disconnect(engine, { network: 'net', container: 'a' });
  assert.deepEqual(await published(process), ['publish * 8080-8080/tcp to 10.2.0.1 port 80']);
  await core.removeNetwork(engine, 'other');
  assert.deepEqual(await published(process), []);
});

test('are all that makes a connect touch the firewall', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await networks(process);
  let loads = 0;
  const apply = platform.firewall.apply.bind(platform.firewall);
  platform.firewall.apply = (rules, operation) => {
    loads += 1;
    return apply(rules, operation);
  };
  await core.runContainer(engine, { name: 'a', image: 'host', driver: 'ipnet' }, 'detached');
  await core.connect(engine, { network: 'net', container: 'a' });
  await core.disconnect(engine, { network: 'net', container: 'a' });
  await core.stopContainer(engine, 'a', 0);
  assert.equal(loads, 0);
});

test('are for the networks that are left when a container leaves one', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await networks(process);
  await core.runContainer(
    engine,
    {
      name: 'a',
      image: 'host',
      networks: [{ network: 'net' }, { network: 'other' }],
      publish: PUBLISH,
    },
    'detached',
  );
  let loaded: FirewallIntents | undefined;
  const render = platform.firewall.render.bind(platform.firewall);
  platform.firewall.render = (intents) => {
    loaded = intents;
    return render(intents);
  };
  await core.disconnect(engine, { network: 'other', container: 'a' });
  assert.deepEqual(loaded, await intentsOf(engine));
  assert.deepEqual(loaded?.published[0]?.sources, ['10.1.0.1']);
});

interface Scenario {
  readonly name: string;
  readonly operation: (process: Process) => Promise<unknown>;
  /** What a second try says when the first had got to its end. */
  readonly done: readonly ErrorCode[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'start',
    operation: ({ engine }) => core.startContainer(engine, 'a', 'detached'),
    done: ['CONTAINER_RUNNING'],
  },
  {
    name: 'connect',
    operation: ({ engine }) => core.connect(engine, { network: 'other', container: 'a' }),
    done: ['ALREADY_CONNECTED'],
  },
  {
    name: 'disconnect',
    operation: ({ engine }) => core.disconnect(engine, { network: 'net', container: 'a' }),
    done: ['NOT_CONNECTED'],
  },
  { name: 'stop', operation: ({ engine }) => core.stopContainer(engine, 'a', 0), done: [] },
  {
    name: 'rm',
    operation: ({ engine }) => core.removeContainer(engine, 'a', { force: true }),
    done: ['CONTAINER_NOT_FOUND'],
  },
];

for (const { name, operation, done } of SCENARIOS) {
  test(`are right after a second try when ${name} is killed at any point`, async () => {
    for (let point = 1; ; point++) {
      const world = newWorld();
      const living = newProcess(world);
      await networks(living);
      await core.createContainer(living.engine, {
        name: 'a',
        image: 'host',
        networks: [{ network: 'net' }],
        publish: PUBLISH,
      });
      if (name !== 'start') await core.startContainer(living.engine, 'a', 'detached');
      const doomed = mortal(world, point);
      await operation(newProcess(doomed.world)).catch((error: unknown) => {
        if (!doomed.dead()) throw error;
      });
      if (!doomed.dead()) {
        assert.ok(point > 2, 'no point was found to kill at');
        return;
      }
      const next = newProcess(world);
      await operation(next).catch((error: unknown) => {
        if (!hasCode(error, ...done)) throw error;
      });
      await published(next);
      const containers = await core.listContainers(next.engine);
      for (const { container } of containers)
        await core.stopContainer(next.engine, container.id, 0);
      assert.deepEqual(await published(next), [], `after death at point ${point}`);
    }
  });
}

test.run();
