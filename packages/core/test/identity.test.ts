import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { MacAddress } from '../src/address/types.ts';
import * as core from '../src/engine/index.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('identity');

test('nothing gets a name that is an id, or could become one', async () => {
  const { engine } = newProcess(newWorld());
  const network = await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  const a = await core.createContainer(engine, { name: 'a', image: 'host' });
  for (const name of [a.id, network.id, '0123456789ab', '202601011200']) {
    const like = /looks like an id/;
    await refused(core.createContainer(engine, { name, image: 'host' }), 'INVALID_NAME', like);
    await refused(core.renameContainer(engine, 'a', name), 'INVALID_NAME', like);
    await refused(
      core.createNetwork(engine, { name, subnet: '10.2.0.0/24' }),
      'INVALID_NAME',
      like,
    );
    await refused(core.importImage(engine, { name, source: '/tmp/x' }), 'INVALID_NAME', like);
  }
});

test('names that only remind of ids are names', async () => {
  const { engine } = newProcess(newWorld());
  for (const name of ['abc', '0123456789a', '0123456789abc', '0123456789AB', '0123456789-b'])
    assert.equal((await core.createContainer(engine, { name, image: 'host' })).name, name);
});

test('an id stands for its object, whatever an earlier version has named like it', async () => {
  const { engine } = newProcess(newWorld());
  const a = await core.createContainer(engine, { name: 'a', image: 'host' });
  const b = await core.createContainer(engine, { name: 'b', image: 'host' });
  await engine.store.write((tx) => tx.containers.update({ ...b, name: a.id }));
  assert.equal((await core.inspectContainer(engine, a.id)).container.id, a.id);
  assert.equal(await core.removeContainer(engine, a.id, {}), a.id);
  assert.equal((await core.inspectContainer(engine, b.id)).container.name, a.id);
});

test('a MAC address of the host is not taken, that of the bridge included', async () => {
  const { engine, platform } = newProcess(newWorld());
  const mac = '0a:00:00:00:00:01';
  const network = await core.createNetwork(engine, {
    name: 'net',
    type: 'bridge',
    subnet: '10.1.0.0/24',
  });
  await platform.tamper((state) => {
    const bridge = Object.values(state.interfaces).find(({ name }) => name === network.interface);
    assert.ok(bridge !== undefined);
    bridge.mac = mac;
  });
  const wanted = { name: 'v', image: 'host', driver: 'vnet', networks: [{ network: 'net', mac }] };
  await refused(
    core.createContainer(engine, wanted),
    'MAC_IN_USE',
    new RegExp(`interface ${network.interface}`),
  );
  for (const spelling of ['0A-00-00-00-00-01', '0a:00:00:00:00:01'])
    await refused(
      core.runContainer(
        engine,
        { ...wanted, networks: [{ network: 'net', mac: spelling }] },
        'detached',
      ),
      'MAC_IN_USE',
      /interface/,
    );
});

test('the MAC address of a bridge that is down is not taken either', async () => {
  const { engine } = newProcess(newWorld());
  const mac = '0a:00:00:00:00:02' as MacAddress;
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  const platform = {
    ...engine.platform,
    networks: { ...engine.platform.networks, mac: () => mac },
  };
  const fixed = { ...engine, platform };
  await core.createContainer(fixed, { name: 'v', image: 'host', driver: 'vnet' });
  await refused(
    core.connect(fixed, { network: 'net', container: 'v', mac }),
    'MAC_IN_USE',
    /interface kln/,
  );
});

test.run();
