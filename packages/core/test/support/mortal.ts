import type { HostStorage } from '../../src/memory/index.ts';
import type { Store } from '../../src/store.ts';
import type { World } from './engine.ts';

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
  const store: Store = {
    ...world.store,
    read: (work) => (breathe(), world.store.read(work)),
    async write(work) {
      pass();
      const answer = await world.store.write(work);
      pass();
      return answer;
    },
    rehearse: () => world.store.rehearse(),
    verify: () => world.store.verify(),
    close: () => undefined,
  };
  const storage: HostStorage = {
    read: async (look) => (breathe(), world.storage.read(look)),
    async transact(change) {
      pass();
      const answer = await world.storage.transact(change);
      pass();
      return answer;
    },
  };
  return { world: { store, locks: world.locks, storage }, dead: () => dead };
}
