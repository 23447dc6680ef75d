/**
 * klee on a model of a FreeBSD host, where it dies after each commit and each host command, and where each
 * host command fails: in this process, which is fast. freebsd-kill-*.test.ts kill real processes.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { FreebsdWorld } from '../support/freebsd.ts';
import {
  BESIDE,
  FREEBSD_CONTAINER_SCENARIOS,
  FREEBSD_FURTHER_SCENARIOS,
  FREEBSD_NETWORK_SCENARIOS,
} from '../support/freebsd-scenarios.ts';
import type { Ended, Mishap } from '../support/freebsd.ts';
import { clear, networks } from '../support/kill.ts';
import type { Scenario } from '../support/kill.ts';

const test = suite('crashes on FreeBSD');

const SCENARIOS = {
  ...FREEBSD_NETWORK_SCENARIOS,
  ...FREEBSD_CONTAINER_SCENARIOS,
  ...FREEBSD_FURTHER_SCENARIOS,
};

/** Runs the command with the mishap, sees that a retry mends everything, and that nothing is left in the end. */
async function survives(
  { given, command, done }: Scenario,
  mishap: Mishap,
  after: string,
): Promise<Ended> {
  const world = new FreebsdWorld();
  try {
    await world.ok(BESIDE);
    const before = await world.host.inspect();
    const beside = await networks(world);
    for (const words of given) await world.ok(words);
    const ended = await world.mishap(command, mishap);
    if (ended.died || ended.status !== 0) {
      const retry = await world.klee(command);
      if (retry.status !== 0) match(retry.stderr, done, `retry after ${after}`);
    }
    const check = await world.klee('system check');
    equal(`${check.stdout}${check.stderr}`, '', `check after ${after}`);
    await clear(world, beside);
    deepEqual(await world.host.inspect(), before, `left over after ${after}`);
    return ended;
  } finally {
    world.remove();
  }
}

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(`${name}: dies at every point, and is tried again`, async () => {
    let deathAt = 1;
    while ((await survives(scenario, { deathAt }, `death at point ${deathAt}`)).died) deathAt += 1;
    ok(deathAt > 1, 'there was no point to die at');
  });

  test(`${name}: every step fails after it took effect, and is undone or can be repeated`, async () => {
    for (let step = 1; ; step += 1) {
      const fault = { step, when: 'after', kind: 'fail' } as const;
      const ended = await survives(scenario, { faults: [fault] }, `a failure at step ${step}`);
      if (ended.status !== 0) match(ended.stderr, /^(warning: .*\n)*error: /);
      if (ended.steps < step) break;
    }
  });
}

test.run();
