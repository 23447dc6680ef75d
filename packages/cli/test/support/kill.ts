/** Kills klee after each commit and each host command, and looks at what the next one finds. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Finished } from './klee.ts';

/** What is left of klee when it was killed. */
type Killed = 'killed';

/** A host, and a state directory on it, that are as they were before any command. */
export interface KillPlace {
  /** Runs klee. */
  klee(words: readonly string[]): Promise<Finished>;
  /** Runs klee, and kills it at this point, counted from 1. A point beyond the last one changes nothing. */
  mortal(words: readonly string[], point: number): Promise<Finished | Killed>;
  /** All that klee could leave on the host, as text. */
  look(): Promise<string>;
  /** What it could leave of these containers beyond that. */
  remains(containers: readonly string[]): readonly string[];
  /** Removes the state directory. */
  close(): void;
}

/** A command to be killed. */
export interface Scenario {
  /** Commands that come before, and live. */
  readonly given: readonly (readonly string[])[];
  readonly command: readonly string[];
  /** What a retry may be refused with: it says that the first try was done in full. */
  readonly done: RegExp;
}

const SUBNETS = ['--subnet', '10.81.0.0/24', '--subnet6', 'fd81::/64'];
export const LOOPBACK: readonly string[] = ['network', 'create', ...SUBNETS, 'net'];
export const BRIDGE: readonly string[] = ['network', 'create', '-t', 'bridge', ...SUBNETS, 'net'];

/** Starts a container of a driver, in the background. */
export function start(driver: string, ...options: readonly string[]): readonly string[] {
  return ['run', '-d', '--name', 'c', '-l', driver, ...options, 'host', 'sleep', '600'];
}

/** Where to do it. */
export interface KillHost {
  /** Called once, before all else. */
  prepare(): Promise<void>;
  /** A place for one point of a scenario. */
  place(): Promise<KillPlace>;
  /** Called once, after all else. */
  close(): Promise<void>;
}

/** Registers and runs a test for each scenario. */
export function killAtEveryPoint(
  host: KillHost,
  scenarios: Readonly<Record<string, Scenario>>,
): void {
  const test = suite('kill');
  test.before(() => host.prepare());
  test.after(() => host.close());
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`${name}: killed at every point, then tried again`, async () => {
      let point = 1;
      while (await diesAt(host, scenario, point)) point += 1;
      assert.ok(point > 1, 'no point was found to kill at');
    });
  }
  test.run();
}

/** Answers whether there was such a point. */
async function diesAt(host: KillHost, scenario: Scenario, point: number): Promise<boolean> {
  const place = await host.place();
  try {
    return await killAt(place, scenario, point);
  } finally {
    place.close();
  }
}

async function killAt(
  place: KillPlace,
  { given, command, done }: Scenario,
  point: number,
): Promise<boolean> {
  const before = await place.look();
  const beside = await networks(place);
  for (const words of given) await ok(place, ...words);
  const first = await place.mortal(command, point);
  const died = first === 'killed';
  if (died) {
    const retry = await place.klee(command);
    if (retry.status !== 0) assert.match(retry.stderr, done, `retry after death at point ${point}`);
    const check = await place.klee(['system', 'check']);
    assert.equal(`${check.stdout}${check.stderr}`, '', `check after death at point ${point}`);
  } else {
    assert.equal(first.status, 0, first.stderr);
  }
  assert.deepEqual(place.remains(await clear(place, beside)), []);
  assert.equal(await place.look(), before, `left over after death at point ${point}`);
  return died;
}

type Klee = Pick<KillPlace, 'klee'>;

/** The ids of all networks. */
export function networks(place: Klee): Promise<readonly string[]> {
  return lines(place, 'network', 'ls', '--quiet');
}

/** Removes every container, and every network that was not there before. Answers which containers. */
export async function clear(place: Klee, before: readonly string[]): Promise<readonly string[]> {
  const containers = await lines(place, 'container', 'ls', '-a', '--quiet');
  for (const id of containers) await ok(place, 'container', 'rm', '-f', id);
  const made = (await networks(place)).filter((id) => !before.includes(id));
  for (const id of made) await ok(place, 'network', 'rm', id);
  return containers;
}

async function lines(place: Klee, ...words: readonly string[]): Promise<readonly string[]> {
  return (await ok(place, ...words)).split('\n').filter(Boolean);
}

/** Runs a command that must succeed, and gives what it prints. */
export async function ok(place: Klee, ...words: readonly string[]): Promise<string> {
  const { status, stderr, stdout } = await place.klee(words);
  assert.equal(status, 0, `klee ${words.join(' ')}: ${stderr}`);
  return stdout;
}
