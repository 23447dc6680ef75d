import type { Store } from '../../src/store.ts';

/** What is called around the work of a store; to throw there is to keep the work from having an effect or an answer. */
export interface StoreWatch {
  readonly beforeRead: () => void;
  readonly beforeWrite: () => void;
  readonly afterWrite: () => void;
}

/** Stands between a process that may die and its store. */
export function watchedStore(store: Store, watch: StoreWatch): Store {
  return {
    read: (work) => (watch.beforeRead(), store.read(work)),
    async write(work) {
      watch.beforeWrite();
      const answer = await store.write(work);
      watch.afterWrite();
      return answer;
    },
    rehearse: () => store.rehearse(),
    verify: () => store.verify(),
    close: () => store.close(),
  };
}
