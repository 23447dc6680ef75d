/** A host on which commands of klee meet faults, one after the other, with containers beside that must not notice. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyModel, emptyModel } from '../model/state.ts';
import type { Model } from '../model/state.ts';
import { compare } from '../walk/looks/compare.ts';
import type { Counts, Found } from '../walk/findings.ts';
import { openLinux } from '../world/linux.ts';
import type { LinuxWorld } from '../world/linux.ts';
import type { KleeOptions } from '../world/world.ts';
import { make } from './moves.ts';
import { StateDisk } from './disk.ts';
import { HostPrograms } from './programs.ts';
import { BASE, SOURCE } from './scenarios.ts';

export interface Bench {
  readonly world: LinuxWorld;
  readonly programs: HostPrograms;
  /** Where the state of klee is. */
  readonly disk: StateDisk;
  /** With nothing but the containers beside. */
  readonly base: Model;
  readonly counts: Counts;
}

/** Call it as root, in namespaces of its own. */
export async function openBench({ klee }: KleeOptions): Promise<Bench> {
  const programs = new HostPrograms();
  const disk = await StateDisk.open();
  const world = await openLinux({
    path: programs.path,
    state: disk.state,
    ...(klee === undefined ? {} : { klee }),
  });
  makeSource();
  const base = emptyModel(world.system);
  for (const move of BASE) await make(world, base, move);
  return { world, programs, disk, base, counts: { steps: 0, packets: 0 } };
}

/** A directory, and an archive of it. */
function makeSource(): void {
  for (const folder of ['bin', 'etc', 'dev', 'proc', 'sys', 'usr/lib'])
    mkdirSync(join(SOURCE, folder), { recursive: true });
  for (const file of ['bin/true', 'etc/passwd', 'usr/lib/libc.so'])
    writeFileSync(join(SOURCE, file), 'x'.repeat(10_000), { mode: 0o755 });
  execFileSync('tar', ['-cf', `${SOURCE}.tar`, '-C', SOURCE, '.']);
}

/** The containers that a command has nothing to do with. */
export function beside(model: Model): Model {
  const own = copyModel(model);
  for (const name of own.containers.keys())
    if (!['box1', 'box2'].includes(name)) own.containers.delete(name);
  own.ghosts = [];
  return own;
}

/** Compares all with the model. */
export function look({ world, counts }: Bench, model: Model): Promise<Found> {
  return compare(world, model, counts);
}
