/**
 * A modelled FreeBSD host in this process, and klee with it: a hundred times as fast as programs. A klee that is killed
 * dies between two commands of the host.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFreebsdHost } from '@kleenet/freebsd-model';
import type { FreebsdHost } from '@kleenet/freebsd-model';
import { lookAtModel } from './freebsd-look.ts';
import { CARD, DEFAULT_ROUTES, ModelPackets, commandOf } from './freebsd-packets.ts';
import { kleeHere } from './here.ts';
import type { Ended } from './processes.ts';
import type { World } from './world.ts';

/** How long a command of the host takes, in milliseconds, when klee is to be killed after some time. */
const STEP = 25;

export interface FreebsdOptions {
  /** What goes wrong on the host, for the proof that a walk finds it. */
  readonly mischief?: Mischief;
}

interface Mischief {
  /** A regular expression: the commands of klee at which it happens. */
  readonly at: string;
  /** Somebody else runs this before such a command. Unless given, the command itself does nothing, and succeeds. */
  readonly run?: readonly string[];
}

export async function openFreebsd({ mischief }: FreebsdOptions = {}): Promise<World> {
  const work = mkdtempSync(join(tmpdir(), 'torture-'));
  const state = join(work, 'state');
  const host = createFreebsdHost({ interfaces: [CARD] });
  const here = await kleeHere({ KLEE_ROOT: state, KLEE_PLATFORM: 'freebsd' }, work);
  const packets = new ModelPackets(() => host.state);
  const addRoutes = (): void => {
    for (const line of DEFAULT_ROUTES) host.run(line);
  };
  addRoutes();

  const commands = (): FreebsdHost['commands'] => {
    const real = host.process().commands;
    return {
      ...real,
      async change(argv, options) {
        if (mischief === undefined || !new RegExp(mischief.at).test(argv.join(' ')))
          return real.change(argv, options);
        if (mischief.run === undefined) return { status: 0, stdout: '', stderr: '' };
        host.run(mischief.run);
        return real.change(argv, options);
      },
    };
  };

  /** With a life of so many commands of the host. */
  const klee = async (words: readonly string[], life = Infinity): Promise<Ended> => {
    const mortal = mortality(life);
    const decorate = {
      store: (store: object) => mortal.within(store, 0),
      commands: () => mortal.within(commands(), 1),
    };
    const ended = await here(words, { system: 'freebsd', decorate });
    return mortal.isDead() ? { ...ended, status: null } : ended;
  };

  return {
    system: 'freebsd',
    klee: (words) => klee(words),
    kleeKilled: (words, after) => klee(words, Math.ceil(after / STEP)),
    serverWords: (label) => packets.serverWords(label),
    packets,
    async killCommand({ label }) {
      const { processes } = host.state;
      const found = processes.find(({ command }) => command === commandOf(label));
      if (found !== undefined) host.run(['pkill', '-KILL', '-j', String(found.jid)]);
      return found !== undefined;
    },
    host: async (argv, input) => host.run(argv, input),
    processes: async () => [],
    async reboot() {
      host.reboot();
      addRoutes();
    },
    look: async () => lookAtModel(host, state),
    close: async () => rmSync(work, { recursive: true }),
  };
}

/** Nothing that klee tries after its death has any effect. */
function mortality(life: number): {
  /** `cost`: how much of its life each call takes. */
  within<T extends object>(whole: T, cost: number): T;
  isDead(): boolean;
} {
  let left = life;
  return {
    within: (whole, cost) =>
      new Proxy(whole, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return (...words: unknown[]): unknown => {
            if (left <= 0) throw new Error('klee is dead');
            left -= cost;
            return Reflect.apply(member, target, words) as unknown;
          };
        },
      }),
    isDead: () => left <= 0,
  };
}
