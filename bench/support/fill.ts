/** Makes many of something, before the work that is measured. */
import { subnet } from '../engines/engine.ts';
import type { Engine } from '../engines/engine.ts';
import { Klee } from '../engines/klee.ts';
import { startedAll } from './command.ts';
import { openLibrary } from './library.ts';

/** A network with room for hundreds of containers, and beside all of `subnet`. */
export const LARGE = { name: 'large', subnet: '10.200.0.0/16' } as const;

/** Networks `n0`, `n1` and so on. */
export async function fillNetworks(engine: Engine, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  if (engine instanceof Klee) {
    const opened = await openLibrary(engine.root);
    for (const [index, name] of names.entries())
      await opened.core.createNetwork(opened.engine, {
        name,
        type: 'bridge',
        subnet: subnet(index),
      });
    opened.close();
  } else {
    for (const [index, name] of names.entries())
      engine.ok(engine.createNetwork(name, subnet(index)));
  }
  return names;
}

/** Running containers on `LARGE`. */
export async function fillContainers(engine: Engine, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `c-${String(index).padStart(4, '0')}`);
  await startedAll(names.map((name) => engine.run(name, { network: LARGE.name })));
  return names;
}

/** Containers on `LARGE` that do not run. */
export async function fillStopped({ root }: Klee, count: number): Promise<void> {
  const opened = await openLibrary(root);
  const networks = [{ network: LARGE.name }];
  for (let made = 0; made < count; made += 1)
    await opened.core.createContainer(opened.engine, {
      image: 'host',
      command: ['true'],
      networks,
    });
  opened.close();
}
