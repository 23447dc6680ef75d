import type { HostStorage } from '../../src/memory/index.ts';
import type { World } from './engine.ts';
import { watchedStore } from './watched-store.ts';

/** The death of a simulated process: nothing that it still tries has any effect. */
class Death extends Error {}

export interface Mortal {
  readonly world: World;
  /** Whether the process died; otherwise it had fewer points than that. */
  readonly dead: () => boolean;
}

/** A view of the world for a process that dies at its n-th point: before or after each commit and each host step. */
export function mortal(world: World, point: number): Mortal {
  let passed = 0;
  let dead = false;
  const pass = (): void => {
    passed += 1;
    if (passed === point) dead = true;
    breathe();
  };
  const breathe = (): void => {
    if (dead) throw new Death('the process is dead');
  };
  const store = watchedStore(world.store, {
    beforeRead: breathe,
    beforeWrite: pass,
    afterWrite: pass,
  });
  const storage: HostStorage = {
    read: async (look) => (breathe(), world.storage.read(look)),
    async transact(change) {
      pass();
      const answer = await world.storage.transact(change);
      pass();
      return answer;
    },
  };
  return {
    world: { store: { ...store, close: () => undefined }, locks: world.locks, storage },
    dead: () => dead,
  };
}
