/** A host on which a scenario is built, and klee there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openLinux } from '../world/linux.ts';
import type { LinuxOptions, LinuxWorld } from '../world/linux.ts';
import { sure } from '../world/processes.ts';
import type { Ended } from '../world/processes.ts';
import { changed, made, owners } from './compare.ts';
import type { Owned, Step } from './compare.ts';
import type { Told } from './judge.ts';
import type { Entry, Look } from './look/entry.ts';
import { lookAt, lookAtPlain, makePlain, plainValue } from './look/index.ts';
import { CUSTOM_INTERFACE, stagesOf } from './scenario.ts';
import type { Made, Scenario } from './scenario.ts';

/** In milliseconds: how long a host may take until it is as it was. */
const PATIENCE = 3_000;
const INTERVAL = 200;

/** What the commands have left. */
export interface Built {
  readonly whole: Look;
  /** Those whose commands made or changed something last, by key. */
  readonly owners: ReadonlyMap<string, string>;
  readonly owned: readonly Owned[];
}

export class Stage {
  readonly world: LinuxWorld;
  readonly made: readonly Made[];
  /** Names by id. */
  readonly names: Map<string, string> = new Map();
  readonly #containers: string[] = [];

  private constructor(world: LinuxWorld, scenario: Scenario) {
    this.world = world;
    this.made = stagesOf(scenario);
  }

  static async open(scenario: Scenario, options: LinuxOptions): Promise<Stage> {
    const world = await openLinux(options);
    await makePlain();
    if (scenario.type === 'custom') {
      await sure(['ip', 'link', 'add', 'name', CUSTOM_INTERFACE, 'type', 'bridge']);
      await sure(['ip', 'link', 'set', 'dev', CUSTOM_INTERFACE, 'addrgenmode', 'none', 'up']);
    }
    return new Stage(world, scenario);
  }

  look(): Promise<Look> {
    return lookAt(this.world.state, this.#containers);
  }

  /** Makes everything, and says what that has left. */
  async build(): Promise<Built> {
    const bare = await this.settled();
    const steps: Step[] = [];
    for (const one of this.made) {
      const id = (await this.klee(one.words)).stdout.trim();
      this.names.set(id, one.name);
      if (one.kind === 'container') {
        this.#containers.push(id);
        await this.#nameEndpoints(one.name);
      }
      steps.push({ name: one.name, look: await this.settled() });
    }
    const whole = steps.at(-1)?.look ?? bare;
    const plain = await lookAtPlain();
    const plainOf = (entry: Entry): string | undefined => plainValue(whole, plain, entry);
    return { whole, owners: owners(bare, steps), owned: made(bare, steps, plainOf) };
  }

  async #nameEndpoints(name: string): Promise<void> {
    const { stdout } = await this.klee(['container', 'inspect', name]);
    const { container_endpoints: all } = JSON.parse(stdout) as {
      readonly container_endpoints: readonly { network_name: string; epair: string | null }[];
    };
    for (const { epair, network_name: network } of all)
      if (epair !== null) this.names.set(epair.slice('kle'.length), `${name}@${network}`);
  }

  /** Waits until nothing changes any more. */
  async settled(): Promise<Look> {
    let last = await this.look();
    for (let waited = 0; waited < PATIENCE; waited += INTERVAL) {
      await sleep(INTERVAL);
      const next = await this.look();
      if (changed(last, next).length === 0) return next;
      last = next;
    }
    return last;
  }

  /** Waits until the host is as it was, if it ever is. */
  async like(wanted: Look): Promise<Look> {
    let last = await this.look();
    for (
      let waited = 0;
      waited < PATIENCE && changed(wanted, last).length > 0;
      waited += INTERVAL
    ) {
      await sleep(INTERVAL);
      last = await this.look();
    }
    return last;
  }

  /** Runs a command that must succeed. */
  async klee(words: readonly string[]): Promise<Ended> {
    const ended = await this.world.klee(words);
    if (ended.status !== 0) throw new Error(`klee ${words.join(' ')}: ${ended.stderr}`);
    return ended;
  }

  async check(): Promise<readonly Told[]> {
    const { stdout, stderr } = await this.world.klee(['system', 'check']);
    try {
      return JSON.parse(stdout) as readonly Told[];
    } catch {
      throw new Error(`system check says: ${stdout}${stderr}`);
    }
  }

  async restart(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.world.klee(['stop', name]);
      await this.klee(['start', name]);
    }
  }

  /** Does something that `repair` mends by attaching everything again. */
  async poke(): Promise<void> {
    const { stdout } = await this.world.host(['ip', '-o', 'link', 'show', 'up']);
    for (const [name] of stdout.matchAll(/(?<=^\d+: )kl[nce][0-9a-f]+/gm))
      await this.world.host(['ip', 'link', 'set', 'dev', name, 'down']);
    await this.klee(['system', 'repair']);
  }

  async downAndUp(): Promise<void> {
    await this.klee(['system', 'down']);
    await this.klee(['system', 'up']);
    for (const { kind, name } of this.made)
      if (kind === 'container') await this.klee(['start', name]);
  }
}
