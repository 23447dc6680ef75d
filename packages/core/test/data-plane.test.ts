/** A data plane is handed what the engine and its platform have. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { DataPlaneDependencies, EndpointFirewall } from '../src/driver.ts';
import { dataPlane } from '../src/engine/host/drivers.ts';
import { RESTRICTED, newProcess, newWorld, pluginSource } from './support/engine.ts';

const FIREWALL: EndpointFirewall = {
  guard: () => Promise.resolve(),
  release: () => Promise.resolve(),
  problems: () => Promise.resolve([]),
};

/** What a data plane for `memory` gets on a platform with this firewall. */
async function handed(endpoints?: EndpointFirewall): Promise<DataPlaneDependencies | undefined> {
  let got: DataPlaneDependencies | undefined;
  const load = (dependencies: DataPlaneDependencies): Promise<never> => {
    got = dependencies;
    return Promise.reject(new Error('enough is known'));
  };
  const plugin = pluginSource('lab', RESTRICTED, { memory: load });
  const { engine } = newProcess(newWorld(), { plugins: [plugin] });
  const firewall = { ...engine.platform.firewall, ...(endpoints && { endpoints }) };
  const platform = { ...engine.platform, firewall };
  await assert.rejects(dataPlane({ ...engine, platform }, 'lab'), /enough is known/);
  return got;
}

test('the part of the firewall that drivers use, where the platform has one', async () => {
  const got = await handed(FIREWALL);
  assert.equal(got?.firewall, FIREWALL);
  assert.deepEqual(Object.keys(got ?? {}).toSorted(), ['clock', 'commands', 'firewall', 'logger']);
  const without = await handed();
  assert.ok(without !== undefined && !('firewall' in without));
});

test.run();
