/** klee in this process, on a model of a FreeBSD host. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { KleenetError } from '@kleenet/core/errors';
import type { Fault } from '@kleenet/core/testing';
import { freebsdTestHost } from '@kleenet/freebsd-model';
import type { FreebsdTestHost } from '@kleenet/freebsd-model';
import type { Decorate } from '@kleenet/host';
import type { CallingProcess } from '../../src/calling-process.ts';
import { World } from './klee.ts';
import type { Finished } from './klee.ts';
import { watched } from './points.ts';

/** What happens to a command. */
export interface Mishap {
  /** What goes wrong on the host, by step. */
  readonly faults?: readonly Fault[];
  /** At which point klee dies: nothing that it tries from then on has any effect. */
  readonly deathAt?: number;
}

/** How a command ended, and how far it came. */
export interface Ended extends Finished {
  readonly died: boolean;
  /** How many steps it took on the host. */
  readonly steps: number;
}

/** In memory, where there is such a place: thousands of commits need not reach a disk. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export class FreebsdWorld extends World {
  readonly host: FreebsdTestHost;

  constructor(options: Parameters<typeof freebsdTestHost>[0] = {}) {
    super('freebsd', PLACE);
    this.host = freebsdTestHost(options);
  }

  override klee(words: string | readonly string[]): Promise<Ended> {
    return this.mishap(words, {});
  }

  /** Runs a command to which something happens. */
  async mishap(
    words: string | readonly string[],
    { faults = [], deathAt }: Mishap,
    parts: Partial<CallingProcess> = {},
  ): Promise<Ended> {
    const process = this.host.process(faults);
    const mortal = mortality(deathAt);
    const decorate: Decorate = {
      store: (store) => mortal.decorate.store(store),
      commands: () => mortal.decorate.commands(process.commands),
    };
    const finished = await super.klee(words, { system: 'freebsd', decorate, ...parts });
    return { ...finished, died: mortal.dead(), steps: process.steps };
  }
}

/** The death of a command in this process. */
function mortality(deathAt: number | undefined): {
  readonly decorate: Decorate;
  readonly dead: () => boolean;
} {
  let [passed, dead] = [0, false];
  const look = (): void => {
    if (dead) throw new KleenetError('INTERRUPTED', 'klee is dead');
  };
  const point = (): void => {
    passed += 1;
    if (passed === deathAt) dead = true;
    look();
  };
  return { decorate: watched({ point, look }), dead: () => dead };
}
